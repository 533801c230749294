// A CUDA runtime without a device: what the library's host code needs of libcudart, libc10_cuda and
// libtorch_cuda. Linked with the object files of the library, it hands their launches to a function
// that device.py sets. The memory of its devices is this process's, with guards around every
// tensor.
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/cuda/EmptyTensor.h>
#include <c10/core/impl/FakeGuardImpl.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <torch/library.h>

#include <array>
#include <map>
#include <mutex>
#include <string>

namespace {

using Devices = c10::impl::FakeGuardImpl<c10::DeviceType::CUDA>;
C10_REGISTER_GUARD_IMPL(CUDA, Devices)

// ---- Launches
struct Configuration {
  dim3 grid, block;
  size_t shared;
  void* stream;
};
// Runs a kernel on a device, and returns a cudaError_t.
using Launch = int (*)(const char* kernel, unsigned blocks, unsigned threads, void** arguments,
                       void* stream, int device);

std::map<const void*, std::string>& kernels() {
  static std::map<const void*, std::string> names;
  return names;
}
thread_local Configuration configuration;
thread_local cudaError_t last_error = cudaSuccess;
Launch launch = nullptr;
cudaDeviceProp properties{};

// ---- Memory
constexpr size_t guard = 512;
constexpr int devices = 8;  // of FakeGuardImpl
constexpr char untouched = 0x5a;

struct Allocation {
  size_t size;
  int device;
};
std::mutex mutex;
std::map<char*, Allocation>& allocations() {  // by the address of the first guard
  static std::map<char*, Allocation> all;
  return all;
}
size_t padded(size_t size) { return (guard + size + guard + 511) / 512 * 512; }

struct Allocator final : c10::Allocator {
  int device = 0;

  static void release(void* base) {
    const std::lock_guard lock(mutex);
    allocations().erase(static_cast<char*>(base));
    free(base);
  }
  c10::DataPtr allocate(size_t size) override {
    const c10::Device where(c10::kCUDA, static_cast<c10::DeviceIndex>(device));
    if (size == 0) {
      return {nullptr, nullptr, [](void*) {}, where};
    }
    auto* const base = static_cast<char*>(aligned_alloc(512, padded(size)));
    std::fill_n(base, padded(size), untouched);
    const std::lock_guard lock(mutex);
    allocations()[base] = {size, device};
    return {base + guard, base, release, where};
  }
  c10::DeleterFnPtr raw_deleter() const override { return release; }
  void copy_data(void* to, const void* from, size_t size) const override { memcpy(to, from, size); }
};

Allocator* allocator(std::optional<c10::Device> device) {
  static std::array<Allocator, devices> all;
  const c10::DeviceIndex index =
      device && device->has_index() ? device->index() : Devices::getDeviceIndex();
  Allocator& found = all.at(static_cast<size_t>(index));
  found.device = index;
  return &found;
}

// ---- The operators of torch that others need. device.py has the others.
constexpr c10::DispatchKeySet keys(c10::DispatchKey::CUDA);

at::Tensor empty(c10::SymIntArrayRef size, std::optional<at::ScalarType> dtype,
                 std::optional<at::Layout>, std::optional<at::Device> device, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(C10_AS_INTARRAYREF_SLOW(size), allocator(device), keys,
                                   dtype.value_or(at::kFloat), format);
}
at::Tensor empty_strided(c10::SymIntArrayRef size, c10::SymIntArrayRef stride,
                         std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                         std::optional<at::Device> device, std::optional<bool>) {
  return at::detail::empty_strided_generic(C10_AS_INTARRAYREF_SLOW(size),
                                           C10_AS_INTARRAYREF_SLOW(stride), allocator(device), keys,
                                           dtype.value_or(at::kFloat));
}
// A CPU tensor with the same memory.
at::Tensor on_cpu(const at::Tensor& tensor) {
  return at::from_blob(const_cast<void*>(tensor.const_data_ptr()), tensor.sizes(), tensor.strides(),
                       tensor.options().device(at::kCPU));
}
at::Tensor& copy_(at::Tensor& self, const at::Tensor& source, bool) {
  at::Tensor to = self.is_cuda() ? on_cpu(self) : self;
  to.copy_(source.is_cuda() ? on_cpu(source) : source);
  return self;
}
const at::Tensor& resize_(const at::Tensor& self, c10::SymIntArrayRef size,
                          std::optional<at::MemoryFormat>) {
  auto* const impl = self.unsafeGetTensorImpl();
  impl->set_sizes_contiguous(C10_AS_INTARRAYREF_SLOW(size));
  const size_t bytes = (impl->storage_offset() + impl->numel()) * impl->itemsize();
  if (impl->storage().nbytes() < bytes) {
    auto* const storage = impl->storage().unsafeGetStorageImpl();
    storage->set_data_ptr_noswap(allocator(self.device())->allocate(bytes));
    storage->set_nbytes(bytes);
  }
  return self;
}

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  library.impl("empty.memory_format", empty);
  library.impl("empty_strided", empty_strided);
  library.impl("copy_", copy_);
  library.impl("resize_", resize_);
}
TORCH_LIBRARY(cuda_emulation, library) { library.def("on_cpu(Tensor tensor) -> Tensor"); }
TORCH_LIBRARY_IMPL(cuda_emulation, CUDA, library) { library.impl("on_cpu", on_cpu); }

}  // namespace

// ---- For device.py
extern "C" {
void emulation_set_launch(Launch function) { launch = function; }
// 90: sm_90
void emulation_set_architecture(int number) {
  properties.major = number / 10;
  properties.minor = number % 10;
}
int emulation_device() { return Devices::getDeviceIndex(); }
size_t emulation_guard() { return guard; }

// Calls visit(address of the guard before it, bytes with both guards, bytes, device) for each
// allocation.
void emulation_visit_memory(void (*visit)(char*, size_t, size_t, int)) {
  const std::lock_guard lock(mutex);
  for (const auto& [base, allocation] : allocations()) {
    visit(base, padded(allocation.size), allocation.size, allocation.device);
  }
}

// ---- libcudart
void** __cudaRegisterFatBinary(void*) {
  static void* handle;
  return &handle;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
void __cudaRegisterVar(void**, char*, char*, const char*, int, size_t, int, int) {}
void __cudaRegisterFunction(void**, const char* host, char*, const char* name, int, uint3*, uint3*,
                            dim3*, dim3*, int*) {
  kernels()[host] = name;
}
unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared,
                                     struct CUstream_st* stream) {
  configuration = {grid, block, shared, stream};
  return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void* stream) {
  *grid = configuration.grid;
  *block = configuration.block;
  *shared = configuration.shared;
  *static_cast<void**>(stream) = configuration.stream;
  return cudaSuccess;
}
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* host) {
  *kernel = reinterpret_cast<cudaKernel_t>(const_cast<void*>(host));
  return kernels().count(host) ? cudaSuccess : cudaErrorInvalidDeviceFunction;
}
cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                               size_t shared, cudaStream_t stream) {
  const bool flat = grid.y * grid.z * block.y * block.z == 1 && shared == 0;
  const auto found = kernels().find(reinterpret_cast<const void*>(kernel));
  if (!flat || grid.x == 0 || block.x == 0) {
    return last_error = cudaErrorInvalidConfiguration;
  }
  if (found == kernels().end() || !launch) {
    return last_error = cudaErrorInvalidDeviceFunction;
  }
  return last_error = static_cast<cudaError_t>(
             launch(found->second.c_str(), grid.x, block.x, arguments, stream, emulation_device()));
}
cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
}

// ---- libc10_cuda and libtorch_cuda
namespace c10::cuda {
CUDAStream getCurrentCUDAStream(DeviceIndex device) {
  const DeviceIndex index = device == -1 ? Devices::getDeviceIndex() : device;
  return CUDAStream(CUDAStream::UNCHECKED, Devices().getStream(Device(kCUDA, index)));
}
cudaStream_t CUDAStream::stream() const { return reinterpret_cast<cudaStream_t>(stream_.id()); }
CUDAErrorLogCapture::CUDAErrorLogCapture() noexcept {}
void c10_cuda_check_implementation(const int32_t error, const char* file, const char* function,
                                   const uint32_t line, const bool, CUDAErrorLogCapture*) {
  TORCH_CHECK(error == 0, "CUDA error ", error, " in ", function, " at ", file, ":", line);
}
}  // namespace c10::cuda

namespace at::cuda {
cudaDeviceProp* getCurrentDeviceProperties() { return &properties; }
}  // namespace at::cuda

namespace at::detail {
TensorBase empty_cuda(IntArrayRef size, const TensorOptions& options) {
  TORCH_CHECK(options.layout() == kStrided && !options.pinned_memory());
  return empty_generic(size, allocator(options.device_opt()), keys,
                       c10::typeMetaToScalarType(options.dtype()), options.memory_format_opt());
}
}  // namespace at::detail
