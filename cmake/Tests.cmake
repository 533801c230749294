# The C++ tests, run by ctest. GoogleTest is the system's, or fetched where there is none.
include(FetchContent)
FetchContent_Declare(googletest
  URL https://github.com/google/googletest/releases/download/v1.17.0/googletest-1.17.0.tar.gz
  URL_HASH SHA256=65fab701d9829d38cb77c14acdc431d2108bfdbf8979e40eb8ae567edf10b27c
  FIND_PACKAGE_ARGS NAMES GTest)
FetchContent_MakeAvailable(googletest)
include(GoogleTest)
enable_testing()

# The loops against a reference in higher precision: no torch.
add_executable(loop_tests tests/cpp/test_accuracy.cpp tests/cpp/test_loops.cpp)
target_include_directories(loop_tests PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(loop_tests PRIVATE options loops GTest::gtest_main)
gtest_discover_tests(loop_tests DISCOVERY_TIMEOUT 60)

# The operators through the C++ interface: no Python.
add_executable(op_tests tests/cpp/test_ops.cpp)
target_link_libraries(op_tests PRIVATE options fused_softplus GTest::gtest_main)
gtest_discover_tests(op_tests DISCOVERY_TIMEOUT 60)
