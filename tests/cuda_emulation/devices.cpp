// Devices that torch finds: what it asks of the driver, and two functions of libc10_cuda that would
// ask more. This is loaded before torch, under the driver's name.
extern "C" {
int cuDevicePrimaryCtxGetState(int, unsigned* flags, int* active) {
  *flags = 0;
  *active = 1;
  return 0;
}
}
namespace c10::cuda {
bool hasPrimaryContext(signed char) { return true; }
signed char device_count() noexcept { return 8; }
signed char device_count_ensure_non_zero() { return 8; }
}  // namespace c10::cuda
