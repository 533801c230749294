// Tells ThreadSanitizer what it cannot see, since libgomp is not compiled for it: what is before a
// parallel region happens before its threads' work, and this before what is after it. Linked into
// the tests that TSan watches; whatever else threads do to each other it still reports.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

namespace {

struct Region {
  void (*work)(void*);
  void* data;
};

void run(void* region) {
  __tsan_acquire(region);
  const auto [work, data] = *static_cast<Region*>(region);
  work(data);
  __tsan_release(region);
}

}  // namespace

// What `#pragma omp parallel` calls, in torch too; the next one is libgomp's.
extern "C" __attribute__((visibility("default"))) void GOMP_parallel(void (*work)(void*),
                                                                     void* data, unsigned threads,
                                                                     unsigned flags) {
  static const auto next =
      reinterpret_cast<decltype(&GOMP_parallel)>(dlsym(RTLD_NEXT, "GOMP_parallel"));
  Region region{work, data};
  __tsan_release(&region);
  next(run, &region, threads, flags);
  __tsan_acquire(&region);
}
