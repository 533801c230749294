"""The functions of _C, marked so that torch.compile puts calls of them into its graph.

This module is imported only when Dynamo traces, because importing Dynamo is slow.
"""

from torch.compiler import allow_in_graph

from . import _C

softplus = allow_in_graph(_C.softplus)
softplus_with_options = allow_in_graph(_C.softplus_with_options)
softplus_ = allow_in_graph(_C.softplus_)
inverse_softplus = allow_in_graph(_C.inverse_softplus)
inverse_softplus_with_floor = allow_in_graph(_C.inverse_softplus_with_floor)
shifted_softplus = allow_in_graph(_C.shifted_softplus)
shifted_softplus_ = allow_in_graph(_C.shifted_softplus_)
