# The parts of tests/cuda_emulation: the PTX of the CUDA kernels, for an architecture with vectors of
# 16 bytes and one with vectors of 32, and the operator library with a runtime that has no device.
# The emulation knows the instructions of one nvcc and the functions of one torch.
if(NOT (CMAKE_CUDA_COMPILER_VERSION MATCHES "^13\\.0" AND LIBTORCH_VERSION MATCHES "^2\\.15"
        AND FUSED_SOFTPLUS_PYTHON))
  message(STATUS "CUDA kernels: not emulated, which takes nvcc 13.0, torch 2.15 and Python")
  return()
endif()
set(emulation ${CMAKE_BINARY_DIR}/cuda_emulation)
foreach(architecture 90 100)
  if(NOT CMAKE_CUDA_ARCHITECTURES MATCHES "(^|;)${architecture}(-real)?(;|$)")
    continue()  # The host code has the vectors of the architectures that it is compiled for.
  endif()
  add_library(ptx_${architecture} OBJECT cuda/softplus_cuda.cu)
  set_target_properties(ptx_${architecture} PROPERTIES
    CUDA_PTX_COMPILATION ON CUDA_ARCHITECTURES ${architecture}-virtual)
  target_link_libraries(ptx_${architecture} PRIVATE options loops LibTorch::LibTorch)
  target_include_directories(ptx_${architecture} PRIVATE csrc/include)
  set(copy ${emulation}/sm_${architecture}.ptx)
  add_custom_command(OUTPUT ${copy} DEPENDS $<TARGET_OBJECTS:ptx_${architecture}>
    COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_OBJECTS:ptx_${architecture}> ${copy})
  list(APPEND ptx ${copy})
endforeach()
add_custom_target(emulated_ptx ALL DEPENDS ${ptx})

enable_language(C)
add_library(emulated_alu SHARED tests/cuda_emulation/alu.c)
target_compile_options(emulated_alu PRIVATE -ffp-contract=off -fno-math-errno)
target_link_libraries(emulated_alu PRIVATE m)
add_library(emulated_devices SHARED tests/cuda_emulation/devices.cpp)
target_link_options(emulated_devices PRIVATE -Wl,-soname,libcuda.so.1)
set_target_properties(emulated_devices PROPERTIES NO_SONAME ON)
add_library(emulated_library SHARED
  tests/cuda_emulation/runtime.cpp $<TARGET_OBJECTS:fused_softplus>)
target_link_libraries(emulated_library PRIVATE options loops LibTorch::LibTorch LibTorch::Cuda)
target_include_directories(emulated_library SYSTEM PRIVATE
  ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
target_link_options(emulated_library PRIVATE -Wl,-Bsymbolic)
set_target_properties(emulated_library PROPERTIES
  OUTPUT_NAME fused_softplus LINKER_LANGUAGE CXX CUDA_RUNTIME_LIBRARY None)
set_target_properties(emulated_alu emulated_devices emulated_library PROPERTIES
  LIBRARY_OUTPUT_DIRECTORY ${emulation} C_VISIBILITY_PRESET default CXX_VISIBILITY_PRESET default)
