# The CUDA language, for the architectures that torch's own release builds serve: from sm_75 on,
# and PTX of the newest for what comes after. TORCH_CUDA_ARCH_LIST ("8.0 9.0+PTX") overrides.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 90-real 100-real 120)
  if(DEFINED ENV{TORCH_CUDA_ARCH_LIST})
    string(REGEX REPLACE "[ ;]+" ";" wanted "$ENV{TORCH_CUDA_ARCH_LIST}")
    set(CMAKE_CUDA_ARCHITECTURES)
    foreach(arch IN LISTS wanted)
      string(REGEX MATCH "^([0-9]+)\\.([0-9]+a?)(\\+PTX)?$" match "${arch}")
      if(NOT match)
        message(FATAL_ERROR "TORCH_CUDA_ARCH_LIST: \"${arch}\" is not of the form 9.0 or 9.0+PTX")
      endif()
      set(number ${CMAKE_MATCH_1}${CMAKE_MATCH_2})
      if(CMAKE_MATCH_3)
        list(APPEND CMAKE_CUDA_ARCHITECTURES ${number})
      else()
        list(APPEND CMAKE_CUDA_ARCHITECTURES ${number}-real)
      endif()
    endforeach()
  endif()
endif()
enable_language(CUDA)
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
# Linked statically: nothing but torch's own libraries is then needed at run time.
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
# The machine code of all architectures is 40 MB, and 6 MB when compressed. Older versions of nvcc
# have no such option.
if(CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 12.8)
  target_compile_options(options INTERFACE $<$<COMPILE_LANGUAGE:CUDA>:--compress-mode=size>)
endif()
# -fmad=false, as -ffp-contract=off on the host: fused multiply-adds are written out.
target_compile_options(options INTERFACE
  $<$<COMPILE_LANGUAGE:CUDA>:-fmad=false --expt-relaxed-constexpr --expt-extended-lambda
                             --threads=2 -Xcompiler=-Wall,-Wextra,-Werror>)
