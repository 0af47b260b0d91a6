def layer_norm(input: Tensor,
    normalized_shape: List[int],
    weight: Optional[Tensor]=None,
    bias: Optional[Tensor]=None,
    eps: float=1.0000000000000001e-05) -> Tensor:
  _0 = torch.layer_norm(input, normalized_shape, weight, bias, eps)
  return _0
def dropout(input: Tensor,
    p: float=0.5,
    training: bool=True,
    inplace: bool=False) -> Tensor:
  _1 = "dropout probability has to be between 0 and 1, but got {}"
  if torch.lt(p, 0.):
    _2 = True
  else:
    _2 = torch.gt(p, 1.)
  if _2:
    ops.prim.RaiseException(torch.format(_1, p), "builtins.ValueError")
  else:
    pass
  if inplace:
    _3 = torch.dropout_(input, p, training)
  else:
    _3 = torch.dropout(input, p, training)
  return _3
def adaptive_avg_pool2d(input: Tensor,
    output_size: List[int]) -> Tensor:
  _4 = torch.gt(torch.len(torch.size(input)), torch.len(output_size))
  if _4:
    pass
  else:
    ops.prim.RaiseException("AssertionError: ")
  _5 = torch.adaptive_avg_pool2d(input, output_size)
  return _5
def pad(input: Tensor,
    pad: List[int],
    mode: str="constant",
    value: Optional[float]=None) -> Tensor:
  return torch.pad(input, pad, mode, value)
def normalize(input: Tensor,
    p: float=2.,
    dim: int=1,
    eps: float=9.9999999999999998e-13,
    out: Optional[Tensor]=None) -> Tensor:
  if torch.__is__(out, None):
    _7 = torch.clamp_min(torch.norm(input, p, [dim], True), eps)
    denom = torch.expand_as(_7, input)
    _6 = torch.div(input, denom)
  else:
    out0 = unchecked_cast(Tensor, out)
    _8 = torch.clamp_min_(torch.norm(input, p, [dim], True), eps)
    denom0 = torch.expand_as(_8, input)
    _6 = torch.div(input, denom0, out=out0)
  return _6
def softmax(input: Tensor,
    dim: Optional[int]=None,
    _stacklevel: int=3,
    dtype: Optional[int]=None) -> Tensor:
  _9 = __torch__.torch.nn.functional._get_softmax_dim
  if torch.__is__(dim, None):
    dim1 = _9("softmax", torch.dim(input), _stacklevel, )
    dim0 = dim1
  else:
    dim0 = unchecked_cast(int, dim)
  if torch.__is__(dtype, None):
    ret = torch.softmax(input, dim0)
  else:
    dtype0 = unchecked_cast(int, dtype)
    ret = torch.softmax(input, dim0, dtype0)
  return ret
def _get_softmax_dim(name: str,
    ndim: int,
    stacklevel: int) -> int:
  _10 = "Implicit dimension choice for {} has been deprecated. Change the call to include dim=X as an argument."
  torch.warn(torch.format(_10, name), stacklevel)
  if torch.eq(ndim, 0):
    _11 = True
  else:
    _11 = torch.eq(ndim, 1)
  if _11:
    _12 = True
  else:
    _12 = torch.eq(ndim, 3)
  if _12:
    ret = 0
  else:
    ret = 1
  return ret
