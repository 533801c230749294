# find_package(FusedSoftplus) gives FusedSoftplus::fused_softplus, and LibTorch with it.
include(${CMAKE_CURRENT_LIST_DIR}/LibTorch.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/FusedSoftplusTargets.cmake)
# The operators register themselves when the library is loaded, so it is kept even by a program
# that names none of its functions.
set_property(TARGET FusedSoftplus::fused_softplus APPEND PROPERTY
  INTERFACE_LINK_OPTIONS "LINKER:--no-as-needed")
