# LibTorch as imported targets: LibTorch::LibTorch, and where it has them LibTorch::Cuda and
# LibTorch::Python. Not torch's own find_package(Torch): with a CUDA build of torch that one stops
# on every machine without the CUDA toolkit, where our CPU side builds and runs well.
#
# TORCH_ROOT is the folder of the torch package or of an unpacked LibTorch (the one that holds
# include/ and lib/). If it is not given, the entries of CMAKE_PREFIX_PATH are searched, which may
# be torch.utils.cmake_prefix_path, too.
if(TARGET LibTorch::LibTorch)
  return()
endif()

set(torch_hints ${TORCH_ROOT})
foreach(prefix IN LISTS CMAKE_PREFIX_PATH)
  list(APPEND torch_hints ${prefix} ${prefix}/../..)
endforeach()
find_path(LIBTORCH_INCLUDE_DIR ATen/ATen.h HINTS ${torch_hints} PATH_SUFFIXES include
          NO_DEFAULT_PATH)
if(NOT LIBTORCH_INCLUDE_DIR)
  message(FATAL_ERROR "LibTorch not found. Set TORCH_ROOT to the folder that holds its include/ "
                      "and lib/; for a Python installation, what this prints: "
                      "python -c \"import torch, os; print(os.path.dirname(torch.__file__))\"")
endif()
cmake_path(GET LIBTORCH_INCLUDE_DIR PARENT_PATH libtorch_root)

file(STRINGS ${LIBTORCH_INCLUDE_DIR}/torch/headeronly/version.h version_lines
     REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
string(REGEX MATCHALL "[0-9]+" version_numbers "${version_lines}")
string(REPLACE ";" "." LIBTORCH_VERSION "${version_numbers}")

function(libtorch_target name)
  add_library(LibTorch::${name} INTERFACE IMPORTED)
  foreach(library IN LISTS ARGN)
    target_link_libraries(LibTorch::${name} INTERFACE ${libtorch_root}/lib/lib${library}.so)
  endforeach()
endfunction()

libtorch_target(LibTorch torch torch_cpu c10)
target_compile_features(LibTorch::LibTorch INTERFACE cxx_std_20)
target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
  ${LIBTORCH_INCLUDE_DIR} ${LIBTORCH_INCLUDE_DIR}/torch/csrc/api/include)

set(LIBTORCH_HAS_CUDA FALSE)
if(EXISTS ${libtorch_root}/lib/libtorch_cuda.so)
  set(LIBTORCH_HAS_CUDA TRUE)
  libtorch_target(Cuda torch_cuda c10_cuda)
endif()
if(EXISTS ${libtorch_root}/lib/libtorch_python.so)
  libtorch_target(Python torch_python)
endif()
