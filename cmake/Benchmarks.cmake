# The bare loops under Google Benchmark, which is the system's, or fetched where there is none.
include(FetchContent)
set(BENCHMARK_ENABLE_TESTING OFF)
set(BENCHMARK_ENABLE_INSTALL OFF)
set(BENCHMARK_ENABLE_WERROR OFF)
FetchContent_Declare(benchmark
  URL https://github.com/google/benchmark/archive/refs/tags/v1.9.5.tar.gz
  URL_HASH SHA256=9631341c82bac4a288bef951f8b26b41f69021794184ece969f8473977eaa340
  FIND_PACKAGE_ARGS)
FetchContent_MakeAvailable(benchmark)

add_executable(loop_benchmarks benchmarks/loops.cpp)
target_link_libraries(loop_benchmarks PRIVATE options loops benchmark::benchmark)
