"""Small ways to break the library. A test must notice each: run_mutants.py looks which does."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """A text that stands in the file once, and another that makes it wrong."""

    file: str
    old: str
    new: str
    wrong: str


MUTANTS = [
    # ---- The instruction set -----------------------------------------------------------------
    Mutant(
        "csrc/cpu/instruction_sets.h",
        "f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C);",
        "f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx);",
        "every CPU is taken to have F16C",
    ),
    # ---- The formulas ------------------------------------------------------------------------
    Mutant(
        "csrc/math/formulas.h",
        "return Round::sum(relu, log.sum());",
        "return Round::sum(relu, high);",
        "bfloat16's sum leaves the low part out",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "const auto [first, last] = beta.in_order(",
        "const auto [last, first] = beta.in_order(",
        "float's smaller summand is added last",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "    if constexpr (Round::again) {",
        "    if constexpr (false) {",
        "float16's results are rounded to nearest before they are rounded to odd",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "log.scaled_low_plus(sum.lost)",
        "log.scaled_low_plus(splat<V>(0))",
        "double's sum forgets what its first addition lost",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "const V relu = Round::finite(beta.relu(x, beta_x));",
        "const V relu = beta.relu(x, beta_x);",
        "infinity, rounded to odd, becomes NaN in the 16-bit types",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "beta.select_limit(beta_x, grad_output, grad_output * sigmoid)",
        "beta.select_limit(beta_x, splat<V>(1), grad_output * sigmoid)",
        "backward gives 1 on the linear branch, not grad_output",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "return {grad_output * Round::fma(-e.scale, e.p, 1 - e.scale)};",
        "return {grad_output * (1 - fma(e.scale, e.p, e.scale))};",
        "1 - exp(-beta y) cancels near 0",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "const V curvature = sigmoid.curvature(beta);",
        "const V curvature = sigmoid.curvature(UnitBeta<Element<V>>(0));",
        "double backward leaves beta out",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "beta.select_linear(beta_x, splat<V>(0), grad_grad_input * grad_output * curvature)",
        "beta.select_limit(beta_x, splat<V>(0), grad_grad_input * grad_output * curvature)",
        "double backward is not 0 on the linear branch at beta = 1",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "beta.select_linear(beta_x, splat<V>(0), grad_grad_input * grad_output * curvature)",
        "beta.select_linear(beta_x, splat<V>(0), grad_grad_input * curvature)",
        "double backward towards x leaves grad_output out",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "const V curvature = e.times_1_plus_p(beta.times(e.scale));",
        "const V curvature = -e.times_1_plus_p(beta.times(e.scale));",
        "a sign in double backward from the result",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "return beta_y > 40 ? y : beta.quotient(log);",
        "return beta_y > 20 ? y : beta.quotient(log);",
        "the inverse is the identity too early",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "const V beta_y_low = beta.times_plus(abs(y), -beta_y, 1);",
        "const V beta_y_low = splat<V>(0);",
        "the inverse forgets what rounding beta y lost",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "log = beta_y < 0 ? splat<V>(Limits::quiet_NaN()) : log;",
        "",
        "the inverse of a negative number is not NaN",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "return Op::template apply<Round>(beta, grad, x + bias);",
        "return Op::template apply<Round>(beta, grad, x - bias);",
        "backward subtracts the bias",
    ),
    # ---- beta and threshold ------------------------------------------------------------------
    Mutant(
        "csrc/math/parameters.h",
        "? 104.5 : 746",
        "? 90 : 746",
        "float's exp(-u) is cut off where it is a subnormal number",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "largest_abs_(largest_exponent<T> / abs_beta_)",
        "largest_abs_(largest_exponent<T>)",
        "where exp(-u) is cut off does not depend on beta",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "splat<V>(std::copysign(T(0), beta_))",
        "splat<V>(T(0))",
        "for a negative beta, relu's 0 is positive",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "std::fmin(threshold, static_cast<double>(std::numeric_limits<T>::max()))",
        "threshold",
        "an infinite input is not linear for an infinite threshold",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "return beta_x > threshold_ ? linear : smooth;",
        "return beta_x >= threshold_ ? linear : smooth;",
        "linear at the threshold itself",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "|| threshold >= 18)",
        "|| threshold >= 8)",
        "thresholds from 8 to 18 are ignored in float32 at beta = 1",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "y.factor * inverse_}",
        "y.factor}",
        "log1p is not divided by beta",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "fma(y.high, splat<V>(inverse_lost_), y.low)",
        "y.low",
        "1 / beta is rounded to float",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "Ln2<T>::low - 0.6931471805599453 * lost_",
        "Ln2<T>::low",
        "beta is rounded to float",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "return fma(splat<V>(beta_), x, beta_low_ * x);",
        "return beta_ * x;",
        "the curvature's factor beta is rounded to float",
    ),
    Mutant(
        "csrc/math/formulas.h",
        "smooth<Round>(beta.in_double(), wide)",
        "smooth<Round>(beta, wide)",
        "the inverse in double takes beta as float rounds it",
    ),
    Mutant(
        "csrc/math/exponential.h",
        "splat<V>(-beta.lost())",
        "splat<V>(0)",
        "a remainder near 0 leaves out what float lost of beta",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "return {negative ? log : smaller_as<Bits<V>>(relu, log),\n"
        "            negative ? relu : larger_as<Bits<V>>(relu, log)};",
        "return {smaller_as<Bits<V>>(relu, log), larger_as<Bits<V>>(relu, log)};",
        "for any beta, a correction of a normal result is subnormal, and may be flushed",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "const V relu = max(splat<V>(-0.0), x);",
        "const V relu = max(splat<V>(0), x);",
        "for beta = 1, a correction of a normal result is subnormal, and may be flushed",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "abs(larger_as<UnsignedBits<V>>(relu, log))",
        "larger_as<UnsignedBits<V>>(relu, log)",
        "for beta = 1, softplus underflows to -0.0",
    ),
    Mutant(
        "csrc/math/parameters.h",
        "return Round::fma(own ? high + low : low, signed_factor, own ? splat<V>(0) : other);",
        "return Round::fma(low, signed_factor, other);",
        "without fused multiply-add, a product beside a normal result may be flushed",
    ),
    Mutant(
        "csrc/math/exponential.h",
        "return {rounded * scale, (p - (rounded - 1)) * scale};",
        "return {scale * p + scale, (p - (rounded - 1)) * scale};",
        "without fused multiply-add, a part of exp(-u) may be flushed",
    ),
    Mutant(
        "csrc/cpu/storage.h",
        "const Word finite = magnitude < (1u << 23) ? subnormal : normal;",
        "const Word finite = math::bit_cast<Word>(math::bit_cast<V>(magnitude) * 0x1p112f);",
        "float16's subnormal numbers count as 0 where the processor flushes float's",
    ),
    # ---- Tables, polynomials and rounding ----------------------------------------------------
    Mutant(
        "csrc/math/tables.h",
        "Table::size - 2 - Table::has_low",
        "Table::size - 3 - Table::has_low",
        "the last coefficient is left out",
    ),
    Mutant(
        "csrc/math/tables.h",
        "float(1 - rows) ? splat<V>(0)",
        "float(2 - rows) ? splat<V>(0)",
        "AVX2's correction starts a binade too early",
    ),
    Mutant(
        "csrc/math/tables.h",
        "[row + 1 < rows ? row : Table::rows - 1]",
        "[row]",
        "AVX2's last row is that of its binade, not that of exp(-r)",
    ),
    Mutant(
        "csrc/math/tables.h",
        "with_opposite_sign(below_half_.factor, beta_x)",
        "below_half_.factor",
        "the sign of sigmoid's low part for positive x",
    ),
    Mutant(
        "csrc/math/tables.h",
        "fma(-below_half_.low, below_half_.factor, above_half_high_)",
        "above_half_high_",
        "the upper sigmoid's low part is left out of the curvature",
    ),
    Mutant(
        "csrc/math/by_exponential.h",
        "const auto below_2 = e.minus_k > T(-2);",
        "const auto below_2 = e.minus_k > T(-3);",
        "one row of the logarithm's table serves the binade of another",
    ),
    Mutant(
        "csrc/math/by_exponential.h",
        "fma(-v_squared, polynomial<Log1pCore<T>>(v, v_squared), v_low)",
        "-v_squared * polynomial<Log1pCore<T>>(v, v_squared)",
        "log1p forgets what rounding its argument lost",
    ),
    Mutant(
        "csrc/math/by_exponential.h",
        "(1 - denominator_) + exp_ + exp_low_",
        "(1 - denominator_)",
        "sigmoid's denominator forgets what rounding lost",
    ),
    Mutant(
        "csrc/math/by_exponential.h",
        "negative ? exp_low_ : splat<V>(0)",
        "splat<V>(0)",
        "sigmoid's numerator forgets what rounding lost",
    ),
    Mutant(
        "csrc/math/rounding.h",
        "coarsely = stored_digits <= 8;",
        "coarsely = stored_digits <= 11;",
        "float16 takes bfloat16's short polynomials",
    ),
    Mutant(
        "csrc/math/rounding.h",
        "(fma_towards_zero(a, b, c)) | 1)",
        "(fma_towards_zero(a, b, c)))",
        "the 16-bit types are rounded towards zero first, not to odd",
    ),
    Mutant(
        "csrc/math/rounding.h",
        "Bits<double>(1) << 29",
        "Bits<double>(1) << 28",
        "the inverse is rounded to odd one digit too late",
    ),
    Mutant(
        "csrc/math/rounding.h",
        "return abs(x) <= std::numeric_limits<double>::max() ? odd : x;",
        "return odd;",
        "the inverse makes NaN of infinity in the 16-bit types",
    ),
    # ---- Arguments and layouts ---------------------------------------------------------------
    Mutant(
        "csrc/dispatch/arguments.cpp",
        "dtype == at::kDouble ? 1e300 : 1e30;",
        "dtype == at::kDouble ? 1e300 : 1e38;",
        "float32 takes a beta whose inverse is subnormal",
    ),
    Mutant(
        "csrc/dispatch/arguments.cpp",
        "return std::abs(beta) >= 1 / largest &&",
        "return beta >= 1 / largest &&",
        "a negative beta is refused",
    ),
    Mutant(
        "csrc/dispatch/arguments.cpp",
        "TORCH_CHECK_VALUE(!std::isnan(value), prefix, name,",
        "TORCH_CHECK_VALUE(true, prefix, name,",
        "a NaN threshold is taken",
    ),
    Mutant(
        "csrc/dispatch/arguments.cpp",
        "TORCH_CHECK(tensor->scalar_type() == dtype, prefix, name,",
        "TORCH_CHECK(true, prefix, name,",
        "tensors of different dtypes are taken",
    ),
    Mutant(
        "csrc/dispatch/elementwise.h",
        "return tensor->is_contiguous() && tensor->sizes() == first.sizes() &&",
        "return tensor->sizes() == first.sizes() &&",
        "strides are ignored",
    ),
    Mutant(
        "csrc/dispatch/elementwise.h",
        "tensor->sizes() == first.sizes()",
        "tensor->numel() == first.numel()",
        "tensors as large, but of another shape, do not broadcast",
    ),
    Mutant(
        "csrc/dispatch/elementwise.h",
        "output->is_same(*input) || !output->is_alias_of(*input)",
        "true",
        "an output that overlaps an input is taken",
    ),
    Mutant(
        "csrc/dispatch/elementwise.h",
        "(fits(output) && output->scalar_type() == first.scalar_type() &&",
        "(fits(output) &&",
        "an out of another dtype is written as if it were of the input's",
    ),
    Mutant(
        "csrc/dispatch/elementwise.h",
        "*output = iterator.output(i++);",
        "*output = iterator.output(0);",
        "with strides, both outputs are the first",
    ),
    Mutant(
        "csrc/dispatch/bias.cpp",
        "(self.dim() - wrapped, 1);",
        "(self.dim() - wrapped - 1, 1);",
        "the bias lies one dimension too far right",
    ),
    Mutant(
        "csrc/dispatch/bias.cpp",
        " && bias.sym_size(0) == self.sym_size(wrapped),",
        ",",
        "a bias of another size is broadcast",
    ),
    Mutant(
        "csrc/dispatch/bias.cpp",
        "const int64_t wrapped = at::maybe_wrap_dim(dim, self.dim());",
        "const int64_t wrapped = dim < 0 ? dim + self.dim() : dim;",
        "a bias_dim out of range is taken",
    ),
    Mutant(
        "csrc/dispatch/bias.cpp",
        "if (self.scalar_type() != addend.scalar_type() || self.is_nested()) {",
        "if (self.is_nested()) {",
        "a bias of another dtype is refused",
    ),
    Mutant(
        "csrc/dispatch/rows.h",
        "if (found || tensor.size(dim) != other.size(dim)) {",
        "if (found) {",
        "a bias of another size than its dimension's is taken for one along it",
    ),
    Mutant(
        "csrc/dispatch/rows.h",
        "along_is_a_row_ ? 0 : element_size_);",
        "element_size_);",
        "each row reads another bias",
    ),
    Mutant(
        "csrc/cpu/rows.cpp",
        "row > 0 && (starts_again || operands.row_strides[i] == 0)",
        "row > 0",
        "later rows read the first ones' inputs",
    ),
    Mutant(
        "csrc/cpu/rows.cpp",
        "operands.row_strides[i] == n * operands.element_size",
        "operands.row_strides[i] != 0",
        "what lies between rows is computed",
    ),
    Mutant(
        "csrc/dispatch/arguments.cpp",
        "if (!beta.isSymbolic()) {",
        "if (true) {",
        "a symbolic beta becomes a constant of the graph",
    ),
    Mutant(
        "csrc/dispatch/registration.cpp",
        "if (!is_second_copy()) {",
        "if (true) {",
        "a second copy registers the operators again",
    ),
    Mutant(
        "python/bindings.cpp",
        "!at::impl::torch_function_mode_enabled()",
        "true",
        "function modes are not asked",
    ),
    Mutant(
        "python/bindings.cpp",
        'refuse_parameter(passed(args, kwargs, 0, "input"));',
        "",
        "a parameter is overwritten",
    ),
    Mutant(
        "csrc/dispatch/vmap.cpp",
        "while (value.dim() <= rank) {",
        "while (value.dim() < rank) {",
        "batched inputs of lower rank are not aligned",
    ),
    Mutant(
        "csrc/dispatch/vmap.cpp",
        "value = value.movedim(*batch, 0);",
        "value = value.movedim(0, *batch);",
        "the batch dimension is put where it is",
    ),
    Mutant(
        "csrc/dispatch/vmap.cpp",
        "rank = std::max(rank, argument.dim());",
        "rank = argument.dim();",
        "only the last input's rank counts",
    ),
    # ---- Derivatives -------------------------------------------------------------------------
    Mutant(
        "csrc/dispatch/autograd_node.h",
        "if (!grad.defined()) {",
        "if (false) {",
        "an undefined gradient is not passed on",
    ),
    Mutant(
        "csrc/dispatch/autograd_node.h",
        "Rule::saves_result ? this->getptr() : nullptr",
        "nullptr",
        "a saved result has no history",
    ),
    Mutant(
        "csrc/dispatch/autograd_node.h",
        "    args.collect(beta_);\n",
        "",
        "compiled autograd takes one beta's graph for another's",
    ),
    Mutant(
        "csrc/dispatch/autograd_node.h",
        "variable.reset_data();",
        "(void)variable;",
        "saved tensors are kept after backward",
    ),
    Mutant(
        "csrc/dispatch/autograd_writing.cpp",
        "Rule::saves_result || !is_differentiated(self) ? self : self.clone();",
        "self;",
        "in place, the saved input is overwritten",
    ),
    Mutant(
        "csrc/dispatch/autograd_writing.cpp",
        "double(Limits::epsilon()) / 4",
        "double(Limits::epsilon()) * 1024",
        "the result is saved though the linear branch starts before the slope is 1",
    ),
    Mutant(
        "csrc/dispatch/autograd_writing.cpp",
        "std::min(threshold.toDouble(), abs_beta * double(Limits::max()))",
        "threshold.toDouble()",
        "the result is saved though the dtype ends before the slope is 1",
    ),
    Mutant(
        "csrc/dispatch/autograd_writing.cpp",
        " && (dtype != at::kHalf || abs_beta <= 1)",
        "",
        "float16's result is saved though it underflows before the gradient",
    ),
    Mutant(
        "csrc/dispatch/autograd_writing.cpp",
        "return std::exp(-u) <=",
        "return dtype == at::kDouble || std::exp(-u) <=",
        "float64's result is saved always",
    ),
    Mutant(
        "csrc/dispatch/autograd_rules.h",
        "at::where(y.detach() * beta > threshold, grad, grad / slope)",
        "at::where(y.detach() * beta > threshold, grad, grad * slope)",
        "the inverse's gradient is softplus's",
    ),
    Mutant(
        "csrc/dispatch/autograd_rules.h",
        "gradients[0] = std::get<0>(results);",
        "gradients[0] = gradients.back() = std::get<0>(results);",
        "the last input gets grad_output's gradient",
    ),
    Mutant(
        "csrc/dispatch/autograd.h",
        "tangent.defined() ? tangent : at::zeros_like(primal_of(tensor))",
        "tangent.defined() ? tangent : at::ones_like(primal_of(tensor))",
        "no tangent counts as one of 1",
    ),
    Mutant(
        "csrc/dispatch/autograd.cpp",
        "return tangent + std::get<1>(gradients);",
        "return std::get<1>(gradients);",
        "forward over reverse leaves one product out",
    ),
    Mutant(
        "csrc/dispatch/autograd_rules.h",
        "grad_grad_output, -inputs...);",
        "grad_grad_output, inputs...);",
        "the third derivative's second factor has the wrong sign",
    ),
    Mutant(
        "csrc/dispatch/autograd.cpp",
        "if (!is_nested && !is_differentiated(grad_grad_input, grad_output, inputs...)) {",
        "if (!is_nested) {",
        "third derivatives are cut off",
    ),
    Mutant(
        "csrc/dispatch/autograd.cpp",
        "return as_is ? first : first.expand_symint(second.sym_sizes());",
        "return first;",
        "a gradient that depends on fewer operands has their shape",
    ),
    Mutant(
        "csrc/dispatch/autograd_writing.cpp",
        "{primal_of(saved)}, beta, threshold)[0]);",
        "{primal_of(self)}, beta, threshold)[0]);",
        "in place, the tangent is taken from what is overwritten",
    ),
    Mutant(
        "csrc/dispatch/autograd_writing.cpp",
        "  torch::autograd::check_inplace(self, torch::autograd::compute_requires_grad(self));\n",
        "",
        "a leaf is written in place",
    ),
    Mutant(
        "csrc/dispatch/autograd_writing.cpp",
        "  torch::autograd::increment_version(written);\n",
        "",
        "writing is not counted, so that a stale saved tensor goes unnoticed",
    ),
    Mutant(
        "csrc/dispatch/autograd_writing.cpp",
        "  if (torch::autograd::compute_requires_grad(self, out)) {",
        "  if (false) {",
        "out= loses a gradient silently",
    ),
    Mutant(
        "csrc/dispatch/override.cpp",
        "DispatchKey::FuncTorchGradWrapper})",
        "DispatchKey::FuncTorchGradWrapper, DispatchKey::Python})",
        "enable() answers while a graph is traced",
    ),
    Mutant(
        "csrc/dispatch/override.cpp",
        " &&\n        !is_differentiated(self, out)",
        "",
        "with enable(), the error of out= names another operator",
    ),
    Mutant(
        "csrc/dispatch/override.cpp",
        "if (--count == 0) {",
        "if (--count >= 0) {",
        "disable() ends what another enable() has begun",
    ),
    Mutant(
        "csrc/dispatch/decompositions.h",
        "at::sigmoid(beta_x) * at::sigmoid(-beta_x) * beta;",
        "at::sigmoid(beta_x) * at::sigmoid(-beta_x);",
        "on another device, the curvature leaves beta out",
    ),
    Mutant(
        "csrc/dispatch/decompositions.h",
        ".min(40.0)",
        ".min(4e3)",
        "on another device, an infinite threshold overflows",
    ),
]
