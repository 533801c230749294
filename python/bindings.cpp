// The eager fast path: the operators called with fewer steps than torch.ops takes. Whatever has to
// see the torch operator itself, rather than its result, gets None here and goes to torch.ops:
// tensor subclasses and proxies, __torch_function__ modes, torch.jit.trace.
#include <ATen/PythonTorchFunctionTLS.h>
#include <autograd.h>
#include <fused_softplus/softplus.h>
#include <torch/csrc/autograd/python_cpp_function.h>
#include <torch/csrc/autograd/python_variable.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/extension.h>

#include <deque>

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

// Gives our autograd nodes Python types, as torch's own have them. AOTAutograd takes a node without
// one for a custom function's, and would return a copy where an operator returns its argument.
void add_node_types(py::module_& m) {
  static std::deque<PyTypeObject> types;  // which stay where they are
  for (const auto& node : fused_softplus::node_types()) {
    PyTypeObject& type = types.emplace_back();
    if (!torch::autograd::_initFunctionPyTypeObject(type, node.name, nullptr, nullptr)) {
      throw py::error_already_set();
    }
    torch::autograd::registerCppFunction(*node.type, &type);
    m.add_object(node.name, reinterpret_cast<PyObject*>(&type));
  }
}

}  // namespace

PYBIND11_MODULE(_C, m) {
  add_node_types(m);
  m.def("softplus", softplus, py::arg("input"), py::arg("beta"), py::arg("threshold"));
  m.def("softplus_", softplus_, py::arg("input"), py::arg("beta"), py::arg("threshold"));
  m.def("cpu_capability", fused_softplus::cpu_capability);
}
