# The C++ tests, run by ctest. GoogleTest is the system's, or fetched where there is none.
include(FetchContent)
set(INSTALL_GTEST OFF)
FetchContent_Declare(googletest
  URL https://github.com/google/googletest/releases/download/v1.17.0/googletest-1.17.0.tar.gz
  URL_HASH SHA256=65fab701d9829d38cb77c14acdc431d2108bfdbf8979e40eb8ae567edf10b27c
  FIND_PACKAGE_ARGS NAMES GTest)
FetchContent_MakeAvailable(googletest)
include(GoogleTest)
enable_testing()

# The loops that are tested: those of the library, and what CUDA computes, on the CPU. They need no
# torch except the headers of its two 16-bit types.
add_library(loops_under_test OBJECT tests/cpp/scalar_loops.cpp)
target_include_directories(loops_under_test SYSTEM PRIVATE ${LIBTORCH_INCLUDE_DIR})
if(TARGET loops_avx2)
  target_compile_options(loops_under_test PRIVATE $<TARGET_PROPERTY:loops_avx2,COMPILE_OPTIONS>)
endif()
target_link_libraries(loops_under_test PUBLIC options loops)

# Tests of how the loops go through memory. The tests themselves run on every CPU of this
# architecture.
add_executable(loop_tests tests/cpp/test_scalars.cpp tests/cpp/test_loops.cpp)
target_link_libraries(loop_tests PRIVATE loops_under_test GTest::gtest_main)
gtest_discover_tests(loop_tests DISCOVERY_TIMEOUT 60)

# The same tests on CPUs that have fewer features than this one, or lack a single feature, as some
# virtual machines do. QEMU emulates them, and ends the program at an instruction that the CPU does
# not have. Without a QEMU that supports AVX, ctest lists these tests as not run.
if(TARGET loops_avx2)
  function(knows_avx result qemu)
    execute_process(COMMAND ${qemu} --version OUTPUT_VARIABLE about)
    if(NOT about MATCHES "version ([0-9.]+)" OR CMAKE_MATCH_1 VERSION_LESS 7.2)
      set(${result} FALSE PARENT_SCOPE)
    endif()
  endfunction()
  find_program(QEMU_X86_64 qemu-x86_64 VALIDATOR knows_avx)
  function(add_emulated_cpu cpu best_instruction_set)
    add_test(NAME emulated.${cpu}
      COMMAND ${QEMU_X86_64} -cpu ${cpu} $<TARGET_FILE:loop_tests> --gtest_filter=Loops.*)
    set_tests_properties(emulated.${cpu} PROPERTIES
      ENVIRONMENT BEST_INSTRUCTION_SET=${best_instruction_set}
      DISABLED $<NOT:$<BOOL:${QEMU_X86_64}>>)
  endfunction()
  add_emulated_cpu(Nehalem default)
  add_emulated_cpu(IvyBridge default)
  add_emulated_cpu(Haswell avx2)
  add_emulated_cpu(Haswell,-fma default)
  add_emulated_cpu(Haswell,-f16c default)
endif()

# Every error bound: the loops against a reference in higher precision, and the reference against
# mpmath. The programs are compiled for the CPU of this machine, because the reference takes most of
# the time.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-march=native HAVE_MARCH_NATIVE)
find_package(Threads REQUIRED)
foreach(program accuracy reference_points)
  add_executable(${program} tests/cpp/accuracy/${program}.cpp)
  target_compile_options(${program} PRIVATE $<$<BOOL:${HAVE_MARCH_NATIVE}>:-march=native>)
  target_link_libraries(${program} PRIVATE loops_under_test Threads::Threads)
endforeach()
add_test(NAME accuracy COMMAND accuracy)
if(FUSED_SOFTPLUS_PYTHON)
  add_test(NAME reference
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/cpp/accuracy/against_mpmath.py
            $<TARGET_FILE:reference_points>)
endif()

# The operators through the C++ interface, without Python.
add_executable(op_tests tests/cpp/test_ops.cpp)
target_link_libraries(op_tests PRIVATE options fused_softplus GTest::gtest_main)
gtest_discover_tests(op_tests DISCOVERY_TIMEOUT 60)

# A device without kernels of ours. It has a program of its own, since it takes a dispatch key.
add_executable(device_tests tests/cpp/test_devices.cpp)
target_link_libraries(device_tests PRIVATE options fused_softplus GTest::gtest_main)
gtest_discover_tests(device_tests DISCOVERY_TIMEOUT 60)

# Many threads and many calls. make test-load runs it for minutes.
add_executable(load_tests tests/cpp/test_load.cpp)
target_compile_definitions(load_tests PRIVATE
  GOLDEN_MODEL="${CMAKE_SOURCE_DIR}/tests/golden/model.pt")
target_link_libraries(load_tests PRIVATE options fused_softplus GTest::gtest_main)
gtest_discover_tests(load_tests DISCOVERY_TIMEOUT 60)
if(FUSED_SOFTPLUS_SANITIZE STREQUAL thread)
  target_sources(op_tests PRIVATE tests/sanitizers/openmp.cpp)
  target_sources(load_tests PRIVATE tests/sanitizers/openmp.cpp)
endif()

# A model that is compiled ahead of time, run by a program with the operator library and no Python.
if(FUSED_SOFTPLUS_PYTHON)
  add_executable(run_package tests/cpp/package/run_package.cpp)
  target_link_libraries(run_package PRIVATE options fused_softplus)
  target_link_options(run_package PRIVATE LINKER:--no-as-needed)
  add_test(NAME package
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/cpp/package/compile_and_run.py
            $<TARGET_FILE:run_package>)

  # A TorchScript model, run by a program that does not know this project.
  add_executable(run_script tests/cpp/package/run_script.cpp)
  target_link_libraries(run_script PRIVATE options LibTorch::LibTorch)
  add_test(NAME preload
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/cpp/package/preload_and_run.py
            $<TARGET_FILE:run_script>)
endif()

if(NOT no_cuda)
  include(cmake/CudaEmulation.cmake)
endif()
