// The eager fast path: the operators called with fewer steps than torch.ops takes. Whatever has to
// see the torch operator itself, rather than its result, gets None here and goes to torch.ops:
// tensor subclasses and proxies, __torch_function__ modes, torch.jit.trace.
#include <ATen/PythonTorchFunctionTLS.h>
#include <fused_softplus/softplus.h>
#include <torch/csrc/autograd/python_variable.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/extension.h>

namespace {

bool plain(const char* name, py::handle input) {
  if (THPVariable_CheckExact(input.ptr())) {
    return !at::impl::torch_function_mode_enabled() && !torch::jit::tracer::isTracing();
  }
  if (!THPVariable_Check(input.ptr()) && !py::hasattr(input, "__torch_function__")) {
    throw py::type_error(std::string(name) + "(): argument 'input' must be Tensor, not " +
                         Py_TYPE(input.ptr())->tp_name);
  }
  return false;
}

std::optional<at::Tensor> softplus(py::handle input, double beta, double threshold) {
  if (!plain("softplus", input)) {
    return std::nullopt;
  }
  const at::Tensor& self = THPVariable_Unpack(input.ptr());
  py::gil_scoped_release no_gil;
  return fused_softplus::softplus(self, beta, threshold);
}

py::object softplus_(py::object input, double beta, double threshold) {
  if (!plain("softplus_", input)) {
    return py::none();
  }
  at::Tensor self = THPVariable_Unpack(input.ptr());
  {
    py::gil_scoped_release no_gil;
    fused_softplus::softplus_(self, beta, threshold);
  }
  return input;
}

}  // namespace

PYBIND11_MODULE(_C, m) {
  m.def("softplus", softplus, py::arg("input"), py::arg("beta"), py::arg("threshold"));
  m.def("softplus_", softplus_, py::arg("input"), py::arg("beta"), py::arg("threshold"));
  m.def("cpu_capability", fused_softplus::cpu_capability);
}
