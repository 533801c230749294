// The functions that Python calls. torch's own parser reads their arguments, as it does for
// torch.nn.functional.softplus, so they take the same kinds of numbers and raise the same errors.
#include <fused_softplus/softplus.h>
#include <torch/csrc/autograd/python_cpp_function.h>
#include <torch/csrc/autograd/python_variable.h>
#include <torch/csrc/jit/python/pybind_utils.h>
#include <torch/csrc/utils/pycfunction_helpers.h>
#include <torch/csrc/utils/python_arg_parser.h>
#include <torch/extension.h>

#include <deque>

#include "csrc/dispatch/autograd_node.h"
#include "csrc/dispatch/decompositions.h"
#include "csrc/dispatch/operators.h"

namespace {

namespace ops = fused_softplus::ops;
using at::Scalar;
using at::Tensor;
using fused_softplus::SavingNode;
using torch::PythonArgParser;
using torch::PythonArgs;

constexpr int max_parameters = 7;

// The argument that the call passes for a parameter, or null. kwargs may be null.
PyObject* passed(PyObject* args, PyObject* kwargs, Py_ssize_t position, const char* name) {
  if (position < PyTuple_GET_SIZE(args)) {
    return PyTuple_GET_ITEM(args, position);
  }
  return kwargs ? PyDict_GetItemString(kwargs, name) : nullptr;
}

// Whether the argument cannot be read as a number: it is a tensor of more than one, one that
// requires grad, or one that vmap splits.
bool is_tensor_beta(PyObject* argument) {
  // THPVariable_Check takes 60 ns for a number.
  if (!argument || PyFloat_Check(argument) || PyLong_Check(argument) ||
      !THPVariable_Check(argument)) {
    return false;
  }
  const Tensor& tensor = THPVariable_Unpack(argument);
  return tensor.dim() > 0 || tensor.requires_grad() ||
         tensor.key_set().has(c10::DispatchKey::FuncTorchBatched);
}

// Throws if the argument is a tensor that requires grad. The parser refuses such a tensor as a
// number, too, but cannot say what to write instead.
void refuse_learnable(const char* function, PyObject* argument, const char* name,
                      const char* instead) {
  if (argument && THPVariable_Check(argument) && THPVariable_Unpack(argument).requires_grad()) {
    throw torch::TypeError(c10::str(
        function, "(): argument '", name,
        "' must be Number, not a tensor that requires grad, since its gradient would be lost; ",
        instead));
  }
}

PythonArgs parse(const char* function, PythonArgParser& parser, PyObject* args, PyObject* kwargs,
                 torch::ParsedArgs<max_parameters>& parsed) {
  try {
    return parser.parse(args, kwargs, parsed);
  } catch (const std::exception&) {  // torch::TypeError, whose type torch does not export
    refuse_learnable(function, passed(args, kwargs, 1, "beta"), "beta",
                     "pass beta.detach(), or use softplus(), which takes such tensors");
    refuse_learnable(function, passed(args, kwargs, 2, "threshold"), "threshold",
                     "pass threshold.detach()");
    throw;
  }
}

// Sets number and returns true if the object is a Python float or int of the machine's size.
bool is_plain_number(PyObject* object, Scalar& number) {
  if (PyFloat_CheckExact(object)) {
    number = PyFloat_AS_DOUBLE(object);
    return true;
  }
  if (PyLong_CheckExact(object)) {
    int overflow = 0;
    number = static_cast<int64_t>(PyLong_AsLongLongAndOverflow(object, &overflow));
    return overflow == 0;
  }
  return false;
}

// The number at this position. A plain number is read here, which the parser takes long for.
Scalar number_at(PythonArgs& arguments, int i) {
  Scalar number;
  const bool is_plain = arguments.args[i] && is_plain_number(arguments.args[i], number);
  return is_plain ? number : arguments.scalar(i);
}

// Whether ONNX's TorchScript exporter is tracing. It knows only ATen's operators.
bool is_traced_for_onnx() {
  return torch::jit::tracer::isTracing() &&
         py::module_::import("torch.onnx").attr("is_in_onnx_export")().cast<bool>();
}

// Parses the arguments and returns the tensor that compute makes of them. Modes and objects that
// define __torch_function__ come first: they get the public Python function of this name.
template <typename Compute>
PyObject* parse_and(const char* name, PythonArgParser& parser, PyObject* args, PyObject* kwargs,
                    const Compute& compute) {
  torch::ParsedArgs<max_parameters> parsed;
  PythonArgs arguments = parse(name, parser, args, kwargs, parsed);
  if (arguments.has_torch_function()) {
    const py::object function = py::module_::import("fused_softplus.functional").attr(name);
    return torch::handle_torch_function_no_python_arg_parser(
        arguments.overloaded_args, args, kwargs, name, function.ptr(), "fused_softplus");
  }
  if (is_traced_for_onnx()) {
    const py::object function = py::module_::import("fused_softplus._decompositions").attr(name);
    return PyObject_Call(function.ptr(), args, kwargs);
  }
  return THPVariable_Wrap(compute(arguments));
}

// Calls op(input, beta, threshold). Three positional arguments that need no parsing, a plain tensor
// and two plain numbers, are read directly, since the parser takes as long as the kernel of a small
// tensor.
template <typename Op>
PyObject* call(const char* name, PythonArgParser& parser, PyObject* args, PyObject* kwargs,
               const Op& op) {
  HANDLE_TH_ERRORS
  // NOLINTNEXTLINE(performance-unnecessary-value-param): softplus_ takes a reference to it
  const auto without_gil = [&](Tensor input, const Scalar& beta, const Scalar& threshold) {
    const py::gil_scoped_release no_gil;
    return Tensor(op(input, beta, threshold));
  };
  Scalar beta, threshold;
  if (!kwargs && PyTuple_GET_SIZE(args) == 3 && THPVariable_CheckExact(PyTuple_GET_ITEM(args, 0)) &&
      is_plain_number(PyTuple_GET_ITEM(args, 1), beta) &&
      is_plain_number(PyTuple_GET_ITEM(args, 2), threshold) &&
      !at::impl::torch_function_mode_enabled() && !torch::jit::tracer::isTracing()) {
    return THPVariable_Wrap(
        without_gil(THPVariable_Unpack(PyTuple_GET_ITEM(args, 0)), beta, threshold));
  }
  return parse_and(name, parser, args, kwargs, [&](PythonArgs& arguments) {
    return without_gil(arguments.tensor(0), number_at(arguments, 1), number_at(arguments, 2));
  });
  END_HANDLE_TH_ERRORS
}

template <const auto& op>
PyObject* call_with_tensor_beta(PyObject* args, PyObject* kwargs) {
  HANDLE_TH_ERRORS
  static PythonArgParser parser(
      {std::string(op.name) + "(Tensor input, Tensor beta, Scalar threshold=20)"},
      /*traceable=*/true);
  return parse_and(op.name, parser, args, kwargs, [&](PythonArgs& arguments) {
    const Tensor input = arguments.tensor(0), beta = arguments.tensor(1);
    const Scalar threshold = number_at(arguments, 2);
    const py::gil_scoped_release no_gil;
    return ops::with_tensor_beta<op>(input, beta, threshold);
  });
  END_HANDLE_TH_ERRORS
}

constexpr const char* of_numbers = "(Tensor input, Scalar beta=1, Scalar threshold=20)";

template <const auto& op>
PyObject* function(PyObject*, PyObject* args, PyObject* kwargs) {
  static PythonArgParser parser({std::string(op.name) + of_numbers}, /*traceable=*/true);
  return call(op.name, parser, args, kwargs,
              [](const Tensor& input, const Scalar& beta, const Scalar& threshold) {
                return ops::handle<op>().call(input, beta, threshold);
              });
}

template <const auto& op>
PyObject* function_of_any_beta(PyObject* module, PyObject* args, PyObject* kwargs) {
  return is_tensor_beta(passed(args, kwargs, 1, "beta")) ? call_with_tensor_beta<op>(args, kwargs)
                                                         : function<op>(module, args, kwargs);
}

PyObject* softplus_with_options(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_TH_ERRORS
  static PythonArgParser tensor_bias(
      {"softplus(Tensor input, Scalar beta=1, Scalar threshold=20, *, Tensor? bias=None, "
       "int64_t bias_dim=-1, Scalar? floor=None, Tensor? out=None)"},
      /*traceable=*/true);
  static PythonArgParser number_bias(
      {"softplus(Tensor input, Scalar beta=1, Scalar threshold=20, *, Scalar bias, "
       "int64_t bias_dim=-1, Scalar? floor=None, Tensor? out=None)"},
      /*traceable=*/true);
  PyObject* const bias = passed(args, kwargs, max_parameters, "bias");
  const bool is_number = bias && THPUtils_checkScalar(bias);
  return parse_and(
      "softplus", is_number ? number_bias : tensor_bias, args, kwargs,
      [&](PythonArgs& arguments) -> Tensor {
        const Tensor input = arguments.tensor(0);
        const Scalar beta = number_at(arguments, 1), threshold = number_at(arguments, 2);
        const bool has_bias = !arguments.isNone(3);
        const std::optional<Tensor> tensor = is_number ? std::nullopt : arguments.optionalTensor(3);
        const Scalar number = is_number ? arguments.scalar(3) : Scalar();
        const int64_t bias_dim = arguments.toInt64(4);
        const std::optional<Scalar> floor = arguments.scalarOptional(5);
        Tensor out = arguments.tensor(6);
        if (out.defined() && (has_bias || floor)) {
          throw torch::TypeError(c10::str("softplus(): argument 'out' cannot be combined with '",
                                          has_bias ? "bias" : "floor", "'"));
        }
        const py::gil_scoped_release no_gil;
        if (out.defined()) {
          return fused_softplus::softplus_out(out, input, beta, threshold);
        }
        if (floor && !has_bias) {
          return ops::with_floor<ops::softplus>(input, beta, threshold, *floor);
        }
        const Tensor result = is_number ? ops::with_bias(input, beta, threshold, number, bias_dim)
                                        : ops::with_bias(input, beta, threshold, tensor, bias_dim);
        return floor ? result + *floor : result;
      });
  END_HANDLE_TH_ERRORS
}

// A parameter is read again in the next step, so overwriting it is a mistake, under no_grad, too.
void refuse_parameter(const char* function, PyObject* input) {
  TORCH_CHECK(!input || !PyObject_TypeCheck(input, reinterpret_cast<PyTypeObject*>(ParameterClass)),
              function,
              "_(): argument 'input' must not be an nn.Parameter, which would lose its value; use ",
              function, "()");
}

template <const auto& op>
PyObject* in_place(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_TH_ERRORS
  static const std::string name = ops::in_place_name<op>();
  static PythonArgParser parser({name + of_numbers}, /*traceable=*/true);
  refuse_parameter(op.name, passed(args, kwargs, 0, "input"));
  return call(name.c_str(), parser, args, kwargs,
              [](Tensor& input, const Scalar& beta, const Scalar& threshold) {
                return ops::in_place<op>().call(input, beta, threshold);
              });
  END_HANDLE_TH_ERRORS
}

PyObject* inverse_softplus_with_floor(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_TH_ERRORS
  static PythonArgParser parser(
      {"inverse_softplus(Tensor input, Scalar beta=1, Scalar threshold=20, *, Scalar floor)"},
      /*traceable=*/true);
  return parse_and("inverse_softplus", parser, args, kwargs, [&](PythonArgs& arguments) {
    const Tensor input = arguments.tensor(0);
    const Scalar beta = number_at(arguments, 1), threshold = number_at(arguments, 2);
    const Scalar floor = number_at(arguments, 3);
    const py::gil_scoped_release no_gil;
    return ops::with_floor<ops::inverse_softplus>(input, beta, threshold, floor);
  });
  END_HANDLE_TH_ERRORS
}

// ---- Autograd nodes ----------------------------------------------------------------------------

SavingNode& node_of(PyObject* grad_fn) {
  auto* const python = reinterpret_cast<torch::autograd::THPCppFunction*>(grad_fn);
  return static_cast<SavingNode&>(*python->cdata);
}

// The attributes of a node. They have the names that torch gives those of SoftplusBackward0.
PyObject* saved_tensor(PyObject* grad_fn, void* index) {
  HANDLE_TH_ERRORS
  return THPVariable_Wrap(node_of(grad_fn).saved_tensor(reinterpret_cast<size_t>(index)));
  END_HANDLE_TH_ERRORS
}

PyObject* raw_saved_tensor(PyObject* grad_fn, void* index) {
  HANDLE_TH_ERRORS
  return py::cast(node_of(grad_fn).saved()[reinterpret_cast<size_t>(index)],
                  py::return_value_policy::reference)
      .release()
      .ptr();
  END_HANDLE_TH_ERRORS
}

template <Scalar SavingNode::* scalar>
PyObject* saved_scalar(PyObject* grad_fn, void*) {
  HANDLE_TH_ERRORS
  return py::cast(node_of(grad_fn).*scalar).release().ptr();
  END_HANDLE_TH_ERRORS
}

std::vector<PyGetSetDef> attributes_of(const fused_softplus::NodeType& node) {
  using namespace torch::autograd;       // the macro names functions of it
  static std::deque<std::string> names;  // Python does not copy them
  std::vector<PyGetSetDef> attributes = {
      THP_FUNCTION_DEFAULT_PROPERTIES,
      {"_saved_beta", saved_scalar<&SavingNode::beta_>, nullptr, nullptr, nullptr},
      {"_saved_threshold", saved_scalar<&SavingNode::threshold_>, nullptr, nullptr, nullptr},
  };
  for (size_t i = 0; i < node.saved.size(); ++i) {
    void* const index = reinterpret_cast<void*>(i);  // NOLINT(performance-no-int-to-ptr)
    const char* const name = names.emplace_back("_saved_" + node.saved[i]).c_str();
    const char* const raw_name = names.emplace_back("_raw_saved_" + node.saved[i]).c_str();
    attributes.push_back({name, saved_tensor, nullptr, nullptr, index});
    attributes.push_back({raw_name, raw_saved_tensor, nullptr, nullptr, index});
  }
  attributes.push_back({});
  return attributes;
}

// Gives our autograd nodes Python types, as torch's own nodes have. AOTAutograd takes a node
// without one for that of a Python autograd.Function, and an in-place operator would then return a
// copy.
void add_node_types(py::module_& m) {
  static std::deque<PyTypeObject> types;  // Python keeps pointers to them and their attributes
  static std::deque<std::vector<PyGetSetDef>> attributes;
  const py::object torch_node = py::module_::import("torch.autograd.graph").attr("Node");
  for (const auto& node : fused_softplus::node_types()) {
    PyTypeObject& type = types.emplace_back();
    PyGetSetDef* const properties = attributes.emplace_back(attributes_of(node)).data();
    if (!torch::autograd::_initFunctionPyTypeObject(type, node.name, properties, nullptr)) {
      throw py::error_already_set();
    }
    torch::autograd::registerCppFunction(*node.type, &type);
    torch_node.attr("register")(py::handle(reinterpret_cast<PyObject*>(&type)));
    m.add_object(node.name, reinterpret_cast<PyObject*>(&type));
  }
}

// ---- Decompositions ----------------------------------------------------------------------------

Tensor argument(const Tensor& tensor) { return tensor; }

// A number, which may be symbolic.
Scalar argument(py::handle number) {
  return torch::jit::toIValue(number, c10::NumberType::get()).toScalar();
}

template <typename T>
using Argument = std::conditional_t<std::is_same_v<T, const Scalar&>, py::handle, T>;

// Adds the decomposition of an operator as a function of all its arguments.
template <const auto& op, typename Return, typename... Args>
void add_decomposition(py::module_& m, const ops::Operator<Return(Args...)>&) {
  m.def(op.name, [](Argument<Args>... arguments) {
    return ops::split<op>(
        [](const Scalar& beta, const Scalar& threshold, const auto&... tensors) {
          return fused_softplus::decompositions::decomposed<op>(beta, threshold, tensors...);
        },
        argument(arguments)...);
  });
}

// ---- The module --------------------------------------------------------------------------------

template <PyObject* function(PyObject*, PyObject*, PyObject*)>
PyMethodDef method(const char* name) {
  return {name, castPyCFunctionWithKeywords(function), METH_VARARGS | METH_KEYWORDS, nullptr};
}

}  // namespace

PYBIND11_MODULE(_C, m) {
  static PyMethodDef methods[] = {
      method<function_of_any_beta<ops::softplus>>("softplus"),
      method<softplus_with_options>("softplus_with_options"),
      method<in_place<ops::softplus>>("softplus_"),
      method<function_of_any_beta<ops::inverse_softplus>>("inverse_softplus"),
      method<inverse_softplus_with_floor>("inverse_softplus_with_floor"),
      method<function<ops::shifted_softplus>>("shifted_softplus"),
      method<in_place<ops::shifted_softplus>>("shifted_softplus_"),
      {},
  };
  if (PyModule_AddFunctions(m.ptr(), methods) != 0) {
    throw py::error_already_set();
  }
  add_node_types(m);
  py::module_ decompositions = m.def_submodule("decompositions");
  ops::All::for_each([&]<const auto & op>() { add_decomposition<op>(decompositions, op); });
  m.def("cpu_capability", fused_softplus::cpu_capability);
}
