"""The functions of _C as calls that torch.compile puts into its graph, as it does torch's own.

This module is imported while Dynamo traces, since importing Dynamo takes a while.
"""

from torch.compiler import allow_in_graph

from . import _C

softplus = allow_in_graph(_C.softplus)
softplus_with_options = allow_in_graph(_C.softplus_with_options)
softplus_ = allow_in_graph(_C.softplus_)
inverse_softplus = allow_in_graph(_C.inverse_softplus)
