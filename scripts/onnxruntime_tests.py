"""Writes tests of the operators that ONNX Runtime adds to ONNX (domain com.microsoft) and of those of ai.onnx.ml, which
ONNX's own tests hardly cover, in the form of ONNX's own tests: small models with random inputs and the outputs that the installed `onnxruntime` computes for them.

    onnxruntime_tests.py OUTPUT      writes OUTPUT/contrib/<case>/{model.onnx,test_data_set_0}
"""

import json
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

DOMAIN = "com.microsoft"
ML = "ai.onnx.ml"
random = np.random.RandomState(7)


def floats(*shape):
    return random.uniform(-2, 2, shape).astype(np.float32)


def halves(*shape):
    return floats(*shape).astype(np.float16)


def bytes_(*shape, dtype=np.uint8):
    information = np.iinfo(dtype)
    return random.randint(information.min, information.max + 1, shape).astype(dtype)


def scalar(value, dtype=np.float32):
    return np.array(value, dtype)


class Constant:
    """An input that is an initializer of the model."""

    def __init__(self, array):
        self.array = array


def value_info(name, array, symbolic=False):
    """Symbolic: the first two extents are left open, as batch and length are in exported models."""
    shape = [f"{name}_{i}" if symbolic and i < 2 else extent for i, extent in enumerate(array.shape)]
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), shape)


def write_protos(folder, kind, arrays):
    for index, (name, array) in enumerate(arrays):
        with open(os.path.join(folder, f"{kind}_{index}.pb"), "wb") as file:
            file.write(numpy_helper.from_array(np.asarray(array), name).SerializeToString())


def write(folder, name, op_type, inputs, outputs=1, domain=DOMAIN, symbolic=False, **attributes):
    """One node. `inputs` are arrays, Constants, or None where omitted; `outputs` a count, or True and False for each."""
    wanted = [True] * outputs if isinstance(outputs, int) else outputs
    names = ["" if value is None else f"x{i}" for i, value in enumerate(inputs)]
    output_names = [f"y{i}" if want else "" for i, want in enumerate(wanted)]
    node = helper.make_node(op_type, names, output_names, name="node", domain=domain, **attributes)
    fed = [(n, v) for n, v in zip(names, inputs) if v is not None and not isinstance(v, Constant)]
    fixed = [numpy_helper.from_array(v.array, n) for n, v in zip(names, inputs) if isinstance(v, Constant)]
    declared = [helper.make_empty_tensor_value_info(n) for n in output_names if n]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(DOMAIN, 1), helper.make_opsetid(ML, 3)]

    def model(output_infos):
        graph = helper.make_graph([node], name, [value_info(n, v, symbolic) for n, v in fed], output_infos,
                                  fixed)
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(model(declared).SerializeToString(), options, ["CPUExecutionProvider"])
        results = session.run(None, dict(fed))
    except Exception as error:  # Which of these ONNX Runtime's CPU part has depends on its version.
        print(f"{name} is left out, as ONNX Runtime refuses it: {error}")
        return
    results = list(zip([n for n in output_names if n], results))
    case = os.path.join(folder, "contrib", "test_" + name)
    os.makedirs(os.path.join(case, "test_data_set_0"))
    onnx.save(model([value_info(n, v, symbolic) for n, v in results]), os.path.join(case, "model.onnx"))
    with open(os.path.join(case, "data.json"), "w") as file:
        json.dump({"atol": 1e-5}, file)  # ONNX Runtime's own kernels are no more accurate.
    write_protos(os.path.join(case, "test_data_set_0"), "input", fed)
    write_protos(os.path.join(case, "test_data_set_0"), "output", results)


def activations(case):
    case("gelu", "Gelu", [floats(3, 5)])
    case("bias_gelu", "BiasGelu", [floats(2, 3, 8), floats(8)])
    case("fast_gelu", "FastGelu", [floats(2, 3, 8)])
    case("fast_gelu_bias", "FastGelu", [floats(2, 3, 8), floats(8)])
    case("quick_gelu", "QuickGelu", [floats(2, 3, 8)])
    case("quick_gelu_alpha", "QuickGelu", [floats(2, 3, 8)], alpha=0.7)
    case("bias_softmax", "BiasSoftmax", [floats(2, 3, 4, 8), floats(2, 1, 1, 8)], axis=3, is_inner_broadcast=1)


def fused(case):
    x, w, b, z = floats(1, 3, 8, 8), floats(4, 3, 3, 3), floats(4), floats(1, 4, 6, 6)
    case("fused_conv_relu", "FusedConv", [x, w, b], activation="Relu", kernel_shape=[3, 3])
    case("fused_conv_residual", "FusedConv", [x, w, b, z], activation="Relu", kernel_shape=[3, 3])
    case("fused_conv_leaky_relu", "FusedConv", [x, w], activation="LeakyRelu", activation_params=[0.3],
         kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    case("fused_conv_clip", "FusedConv", [x, w, b], activation="Clip", activation_params=[-1.0, 2.0])
    case("fused_conv_hard_sigmoid", "FusedConv", [x, w, b], activation="HardSigmoid", activation_params=[0.3, 0.4])
    case("fused_matmul_alpha", "FusedMatMul", [floats(2, 3, 4), floats(2, 4, 5)], alpha=0.5)
    case("fused_matmul_trans_a", "FusedMatMul", [floats(2, 4, 3), floats(2, 4, 5)], transA=1)
    case("fused_matmul_trans_b", "FusedMatMul", [floats(2, 3, 4), floats(5, 4)], transB=1, alpha=-2.0)
    case("fused_matmul_trans_batch", "FusedMatMul", [floats(3, 2, 2, 4), floats(2, 2, 4, 5)], transBatchA=1)
    case("fused_matmul_trans_batch_and_b", "FusedMatMul", [floats(2, 2, 3, 4), floats(5, 2, 2, 4)], transB=1,
         transBatchB=1)
    case("fused_gemm_relu", "FusedGemm", [floats(3, 4), floats(4, 5), floats(5)], activation="Relu", alpha=0.5)
    case("fused_gemm_leaky", "FusedGemm", [floats(3, 4), floats(5, 4), floats(5)], activation="LeakyRelu",
         activation_alpha=0.2, transB=1, beta=2.0)
    case("nhwc_max_pool", "NhwcMaxPool", [bytes_(1, 7, 7, 3)], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])


def normalization(case):
    x, skip, gamma, beta, bias = floats(2, 3, 8), floats(2, 3, 8), floats(8), floats(8), floats(8)
    case("skip_layer_normalization", "SkipLayerNormalization", [x, skip, gamma, beta, bias], epsilon=1e-5)
    case("skip_layer_normalization_sum", "SkipLayerNormalization", [x, skip, gamma], [True, False, False, True])
    case("skip_layer_normalization_broadcast", "SkipLayerNormalization", [x, floats(1, 3, 8), gamma, beta])
    case("skip_simplified_layer_normalization", "SkipSimplifiedLayerNormalization", [x, skip, gamma, bias],
         [True, False, False, True], epsilon=1e-6)
    case("simplified_layer_normalization", "SimplifiedLayerNormalization", [x, gamma], domain="", epsilon=1e-6, axis=-1)
    ids, segments = random.randint(0, 9, (2, 4)).astype(np.int32), random.randint(0, 2, (2, 4)).astype(np.int32)
    words, positions, kinds = floats(9, 8), floats(6, 8), floats(2, 8)
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], np.int32)
    case("embed_layer_normalization", "EmbedLayerNormalization",
         [ids, segments, words, positions, kinds, gamma, beta, mask], 2)
    case("embed_layer_normalization_no_segments", "EmbedLayerNormalization",
         [ids, None, words, positions, None, gamma, beta], 2)
    case("embed_layer_normalization_symbolic", "EmbedLayerNormalization",
         [ids, segments, Constant(words), Constant(positions), Constant(kinds), Constant(gamma), Constant(beta), mask], 2,
         symbolic=True)
    case("embed_layer_normalization_positions", "EmbedLayerNormalization",
         [ids, segments, words, positions, kinds, gamma, beta, None, random.randint(0, 6, (2, 4)).astype(np.int32)],
         [True, True, True])


def attention(case):
    x, w, b = floats(2, 5, 8), floats(8, 24) / 3, floats(24)
    mask = np.array([[1, 1, 1, 1, 0], [1, 1, 1, 0, 0]], np.int32)
    case("attention", "Attention", [x, w, b], num_heads=2)
    case("attention_mask", "Attention", [x, w, b, mask], num_heads=2)
    case("attention_mask_lengths", "Attention", [x, w, b, np.array([4, 3], np.int32)], num_heads=2)
    case("attention_mask_3d", "Attention", [x, w, b, np.tril(np.ones((2, 5, 5), np.int32))], num_heads=2)
    case("attention_causal", "Attention", [x, w, b], num_heads=2, unidirectional=1)
    case("attention_scale", "Attention", [x, w, b], num_heads=2, scale=0.2)
    case("attention_bias", "Attention", [x, w, b, None, None, floats(2, 2, 5, 5)], num_heads=2)
    case("attention_past", "Attention", [x, w, b, None, floats(2, 2, 2, 3, 4)], 2, num_heads=2)
    case("attention_past_causal", "Attention", [x, w, b, None, floats(2, 2, 2, 3, 4)], 2, num_heads=2,
         unidirectional=1)
    case("attention_sizes", "Attention", [x, floats(8, 20) / 3, floats(20)], num_heads=2, qkv_hidden_sizes=[8, 8, 4])
    case("attention_symbolic", "Attention", [x, Constant(w), Constant(b), np.array([[1] * 7 + [0], [1] * 8], np.int32),
                                              floats(2, 2, 2, 3, 4)], 2, num_heads=2, unidirectional=1, symbolic=True)
    q, k, v = floats(2, 5, 8), floats(2, 6, 8), floats(2, 6, 8)
    case("multi_head_attention_symbolic", "MultiHeadAttention", [q, k, v, Constant(floats(24))], num_heads=2,
         symbolic=True)
    case("multi_head_attention", "MultiHeadAttention", [q, k, v], num_heads=2)
    case("multi_head_attention_bias", "MultiHeadAttention", [q, k, v, floats(24)], num_heads=2)
    case("multi_head_attention_mask", "MultiHeadAttention",
         [q, k, v, None, np.array([[1, 1, 1, 1, 0, 0], [1] * 6], np.int32)], num_heads=2)
    case("multi_head_attention_added", "MultiHeadAttention", [q, k, v, None, None, floats(2, 2, 5, 6)], num_heads=2)
    case("multi_head_attention_added_broadcast", "MultiHeadAttention", [q, k, v, None, None, floats(1, 1, 5, 6)],
         num_heads=2)
    past = [floats(2, 2, 3, 4), floats(2, 2, 3, 4)]
    case("multi_head_attention_past", "MultiHeadAttention", [q, q + 1, q - 1, None, None, None] + past, 3, num_heads=2)
    case("multi_head_attention_past_causal", "MultiHeadAttention", [q, q + 1, q - 1, None, None, None] + past, 3,
         num_heads=2, unidirectional=1)
    case("multi_head_attention_cross", "MultiHeadAttention", [q, floats(2, 2, 6, 4), floats(2, 2, 6, 4)], num_heads=2)
    case("multi_head_attention_packed", "MultiHeadAttention", [floats(2, 5, 2, 3, 4)], num_heads=2)
    case("multi_head_attention_packed_kv", "MultiHeadAttention", [q, floats(2, 6, 2, 2, 4)], num_heads=2)
    case("q_attention", "QAttention",
         [bytes_(2, 5, 8), Constant(bytes_(8, 24, dtype=np.int8)), floats(24), scalar(0.02), scalar(0.01), mask,
          scalar(120, np.uint8), scalar(3, np.int8)], num_heads=2)
    case("q_attention_causal", "QAttention",
         [bytes_(2, 5, 8), Constant(bytes_(8, 24)), floats(24), scalar(0.02), scalar(0.01), None,
          scalar(120, np.uint8), scalar(130, np.uint8)], num_heads=2, unidirectional=1)


def grouped_attention(case):
    def inputs(batch, length, past, total, heads=4, kv_heads=2, size=16):
        caches = [floats(batch, kv_heads, past, size), floats(batch, kv_heads, past, size)]
        return [floats(batch, length, heads * size), floats(batch, length, kv_heads * size),
                floats(batch, length, kv_heads * size)] + caches + [
                    np.array(total, np.int32) - 1, Constant(scalar(max(total), np.int32))]
    cache = [np.cos(np.outer(np.arange(16), np.arange(8) / 8)).astype(np.float32),
             np.sin(np.outer(np.arange(16), np.arange(8) / 8)).astype(np.float32)]
    for name, sizes in {"prompt": (1, 6, 0, [6]), "next": (1, 1, 5, [6]), "prompts": (2, 6, 0, [6, 6]),
                        "nexts": (2, 1, 6, [7, 5]), "several": (1, 3, 4, [7]), "roomy": (1, 1, 8, [6])}.items():
        case("group_query_attention_" + name, "GroupQueryAttention", inputs(*sizes), 3, num_heads=4, kv_num_heads=2)
        case("group_query_attention_rotary_" + name, "GroupQueryAttention", inputs(*sizes) + cache, 3, num_heads=4,
             kv_num_heads=2, do_rotary=1)
    case("group_query_attention_interleaved", "GroupQueryAttention", inputs(1, 1, 5, [6]) + cache, 3, num_heads=4,
         kv_num_heads=2, do_rotary=1, rotary_interleaved=1)
    case("group_query_attention_window", "GroupQueryAttention", inputs(1, 6, 0, [6]), 3, num_heads=4, kv_num_heads=2,
         local_window_size=3)
    case("group_query_attention_softcap", "GroupQueryAttention", inputs(1, 6, 0, [6]), 3, num_heads=4, kv_num_heads=2,
         softcap=2.0, scale=0.5)
    computed = inputs(1, 1, 5, [6])
    computed[6] = computed[6].array
    case("group_query_attention_computed_total", "GroupQueryAttention", computed, 3, num_heads=4, kv_num_heads=2)
    packed = inputs(1, 3, 4, [7])
    packed[0] = np.concatenate(packed[:3], axis=2)
    packed[1] = packed[2] = None
    case("group_query_attention_packed", "GroupQueryAttention", packed, 3, num_heads=4, kv_num_heads=2)


def rotary(case):
    cos, sin = floats(10, 4), floats(10, 4)
    ids = random.randint(0, 10, (2, 5)).astype(np.int64)
    case("rotary_embedding_heads", "RotaryEmbedding", [floats(2, 3, 5, 8), ids, cos, sin])
    case("rotary_embedding_tokens", "RotaryEmbedding", [floats(2, 5, 24), ids, cos, sin])
    case("rotary_embedding_symbolic", "RotaryEmbedding",
         [floats(2, 5, 24), np.array([2], np.int64), Constant(cos), Constant(sin)], num_heads=3, symbolic=True)
    case("rotary_embedding_offset", "RotaryEmbedding", [floats(2, 3, 5, 8), np.array([2], np.int64), cos, sin])
    case("rotary_embedding_interleaved", "RotaryEmbedding", [floats(2, 3, 5, 8), ids, cos, sin], interleaved=1)
    case("rotary_embedding_part", "RotaryEmbedding", [floats(2, 5, 36), ids, cos, sin], num_heads=3,
         rotary_embedding_dim=8)


def quantized(case):
    for dtype in (np.uint8, np.int8):
        name = np.dtype(dtype).name
        zero = scalar(100 if dtype == np.uint8 else -20, dtype)
        a, b = bytes_(2, 3, 6, 6, dtype=dtype), bytes_(3, 1, 6, dtype=dtype)
        scales = [scalar(0.0313), scalar(0.0517), scalar(0.0719)]
        case(f"qlinear_add_{name}", "QLinearAdd", [a, scales[0], zero, b, scales[1], zero, scales[2], zero])
        case(f"qlinear_mul_{name}", "QLinearMul", [a, scales[0], zero, b, scales[1], zero, scales[2], zero])
        unary = [a, scales[0], zero, scales[1], zero]
        case(f"qlinear_sigmoid_{name}", "QLinearSigmoid", [a, scales[0], zero, scalar(1 / 256), zero])
        case(f"qlinear_leaky_relu_{name}", "QLinearLeakyRelu", unary, alpha=0.1)
        case(f"qlinear_average_pool_{name}", "QLinearAveragePool", unary, kernel_shape=[3, 3], strides=[2, 2],
             pads=[1, 1, 1, 1])
        case(f"qlinear_average_pool_nhwc_{name}", "QLinearAveragePool", unary, kernel_shape=[2, 2], channels_last=1)
        case(f"qlinear_global_average_pool_{name}", "QLinearGlobalAveragePool", unary)
        case(f"qlinear_global_average_pool_nhwc_{name}", "QLinearGlobalAveragePool", unary, channels_last=1)
        case(f"qlinear_concat_{name}", "QLinearConcat",
             [scales[2], zero, a, scales[0], zero, bytes_(2, 2, 6, 6, dtype=dtype), scales[1], zero], axis=1)
        case(f"qlinear_softmax_{name}", "QLinearSoftmax", [a, scales[0], zero, scalar(1 / 256), scalar(0, dtype)],
             axis=-1, opset=13)
        case(f"qlinear_where_{name}", "QLinearWhere",
             [a > 3, a, scales[0], zero, b, scales[1], zero, scales[2], zero])
        case(f"quantize_linear_{name}", "QuantizeLinear", [floats(3, 4), scalar(0.05), zero])
        case(f"dequantize_linear_{name}", "DequantizeLinear", [bytes_(3, 4, dtype=dtype), scalar(0.05), zero])
        matrix = bytes_(4, 5, dtype=dtype)
        case(f"dynamic_quantize_matmul_{name}", "DynamicQuantizeMatMul",
             [floats(2, 3, 4), Constant(matrix), Constant(scalar(0.05)), Constant(zero), floats(5)])
        case(f"dynamic_quantize_matmul_columns_{name}", "DynamicQuantizeMatMul",
             [floats(3, 4), Constant(matrix), Constant(np.abs(floats(5))), Constant(bytes_(5, dtype=dtype))])
        case(f"matmul_integer_to_float_{name}", "MatMulIntegerToFloat",
             [bytes_(3, 4), matrix, scalar(0.03), scalar(0.05), scalar(7, np.uint8), zero, floats(5)])
        case(f"qgemm_{name}", "QGemm",
             [bytes_(3, 4, dtype=dtype), scales[0], zero, matrix, scales[1], zero,
              random.randint(-1000, 1000, (5,)).astype(np.int32), scalar(0.5), zero])
        case(f"qgemm_float_{name}", "QGemm",
             [bytes_(3, 4, dtype=dtype), scales[0], zero, bytes_(5, 4, dtype=dtype), scales[1], zero], transB=1,
             alpha=0.5)
    case("quantize_linear_uint16", "QuantizeLinear", [floats(3, 4), scalar(0.0005), scalar(30000, np.uint16)])
    case("dequantize_linear_uint16", "DequantizeLinear",
         [bytes_(3, 4, dtype=np.uint16), scalar(0.0005), scalar(30000, np.uint16)])
    case("matmul_integer16", "MatMulInteger16", [bytes_(3, 4, dtype=np.int16) // 64, bytes_(4, 5, dtype=np.int16) // 64])


def block_quantized(case):
    def inputs(n, k, block, bits, zeros=False):
        blocks = -(-k // block)
        made = [floats(3, k), Constant(bytes_(n, blocks, block * bits // 8)), Constant(np.abs(floats(n, blocks)))]
        return made + ([Constant(bytes_(n, -(-blocks * bits // 8)))] if zeros else [])
    case("matmul_nbits", "MatMulNBits", inputs(5, 64, 32, 4), K=64, N=5, bits=4, block_size=32)
    case("matmul_nbits_zeros", "MatMulNBits", inputs(5, 96, 32, 4, True), K=96, N=5, bits=4, block_size=32)
    case("matmul_nbits_uneven", "MatMulNBits", inputs(4, 40, 16, 4, True), K=40, N=4, bits=4, block_size=16)
    case("matmul_nbits_8", "MatMulNBits", inputs(5, 64, 32, 8, True), K=64, N=5, bits=8, block_size=32)
    case("matmul_nbits_bias", "MatMulNBits", inputs(5, 64, 32, 4) + [None, None, floats(5)], K=64, N=5, bits=4,
         block_size=32)


    for quant_type in (0, 1):
        case(f"matmul_bnb4_{quant_type}", "MatMulBnb4",
             [floats(3, 64), Constant(bytes_(5 * 64 // 2)), Constant(np.abs(floats(5 * 64 // 32)))], K=64, N=5,
             block_size=32, quant_type=quant_type)
    for bits in (4, 8):
        table = [Constant(bytes_(6, 64 * bits // 8)), np.array([[0, 5], [3, 3]], np.int64), Constant(np.abs(floats(6, 2)))]
        case(f"gather_block_quantized_{bits}", "GatherBlockQuantized", table, bits=bits, block_size=32, gather_axis=0,
             quantize_axis=1)
        case(f"gather_block_quantized_{bits}_zeros", "GatherBlockQuantized",
             table + [Constant(bytes_(6, 2 * bits // 8))], bits=bits, block_size=32, gather_axis=0, quantize_axis=1)


def plain(case):
    case("c_dist", "CDist", [floats(4, 3), floats(5, 3)], metric="euclidean")
    case("c_dist_squared", "CDist", [floats(4, 3), floats(5, 3)], metric="sqeuclidean")
    case("expand_dims", "ExpandDims", [floats(2, 3), Constant(scalar(1, np.int32))])
    case("expand_dims_last", "ExpandDims", [floats(2, 3), Constant(scalar(-1, np.int32))])
    case("gather_nd", "GatherND", [floats(4, 3), np.array([[0, 1], [3, 2]], np.int64)])
    case("inverse", "Inverse", [floats(2, 4, 4)])
    case("irfft", "Irfft", [floats(2, 5, 2)], signal_ndim=1, onesided=1, normalized=0)
    case("pad", "Pad", [floats(2, 3), Constant(np.array([0, 1, 2, 0], np.int64)), np.array([1.5], np.float32)], mode="constant")
    case("range", "Range", [Constant(scalar(value)) for value in (1, 9, 2)])
    case("rfft", "Rfft", [floats(2, 8)], signal_ndim=1, onesided=1, normalized=0)
    case("trilu_lower", "Trilu", [floats(4, 5), scalar(1, np.int64)], upper=0)
    case("trilu_upper", "Trilu", [floats(2, 4, 5)])
    case("unique", "Unique", [np.array([2, 1, 1, 3, 2], np.float32)], 3)


def trees(weights, classes=False):
    """Two trees over two features; `weights` of each leaf and target."""
    prefix = "class" if classes else "target"
    attributes = {
        "nodes_treeids": [0, 0, 0, 0, 0, 1, 1, 1], "nodes_nodeids": [0, 1, 2, 3, 4, 0, 1, 2],
        "nodes_featureids": [0, 1, 0, 0, 0, 1, 0, 0], "nodes_values": [0.2, -0.5, 0, 0, 0, 0.4, 0, 0],
        "nodes_modes": ["BRANCH_LEQ", "BRANCH_LT", "LEAF", "LEAF", "LEAF", "BRANCH_GT", "LEAF", "LEAF"],
        "nodes_truenodeids": [1, 3, 0, 0, 0, 1, 0, 0], "nodes_falsenodeids": [2, 4, 0, 0, 0, 2, 0, 0],
        "nodes_missing_value_tracks_true": [1, 0, 0, 0, 0, 0, 0, 0]}
    leaves = [(0, 2), (0, 3), (0, 4), (1, 1), (1, 2)]
    rows = [(tree, node, target, weight) for (tree, node), row in zip(leaves, weights)
            for target, weight in enumerate(row)]
    for name, column in zip(("treeids", "nodeids", "ids", "weights"), zip(*rows)):
        attributes[f"{prefix}_{name}"] = list(column)
    return attributes


def machine_learning(case):
    def ml(name, op_type, inputs, outputs=1, **attributes):
        case("ml_" + name, op_type, inputs, outputs, domain=ML, **attributes)

    x = np.vstack([floats(7, 2), np.array([[np.nan, 1]], np.float32)])
    two = [[1.0, -2.0], [0.5, 3.0], [-1.5, 0.25], [2.0, 1.0], [0.75, -0.5]]
    one = [row[:1] for row in two]
    for function in ("SUM", "AVERAGE", "MIN", "MAX"):
        ml(f"tree_regressor_{function.lower()}", "TreeEnsembleRegressor", [x], n_targets=2,
           aggregate_function=function, **trees(two))
    ml("tree_regressor_base", "TreeEnsembleRegressor", [x], n_targets=2, base_values=[0.5, -1.0],
       post_transform="SOFTMAX", **trees(two))
    three = [row + [row[0] - row[1]] for row in two]
    for transform in ("NONE", "SOFTMAX", "SOFTMAX_ZERO", "LOGISTIC"):
        ml(f"tree_classifier_{transform.lower()}", "TreeEnsembleClassifier", [x], 2, classlabels_int64s=[3, 7, 5],
           post_transform=transform, **trees(three, True))
    ml("tree_classifier_strings", "TreeEnsembleClassifier", [x], 2, classlabels_strings=["a", "b", "c"],
       **trees(three, True))
    for transform in ("NONE", "LOGISTIC"):
        ml(f"tree_classifier_margin_{transform.lower()}", "TreeEnsembleClassifier", [x], 2, classlabels_int64s=[3, 7],
           post_transform=transform, **trees(one, True))
    positive = [[abs(row[0]) / 4] for row in two]
    ml("tree_classifier_probability", "TreeEnsembleClassifier", [x], 2, classlabels_int64s=[3, 7],
       **trees(positive, True))
    ml("scaler", "Scaler", [floats(3, 2)], offset=[0.5, 1.0], scale=[2.0, 4.0])
    ml("scaler_one", "Scaler", [np.arange(6, dtype=np.int64).reshape(3, 2)], offset=[0.5], scale=[2.0])
    for norm in ("MAX", "L1", "L2"):
        ml(f"normalizer_{norm.lower()}", "Normalizer", [np.abs(floats(3, 4))], norm=norm)
    ml("imputer", "Imputer", [x], imputed_value_floats=[1.0, 2.0], replaced_value_float=float("nan"))
    ml("one_hot_encoder", "OneHotEncoder", [np.array([3, 1, 9], np.int64)], cats_int64s=[1, 3, 5], zeros=1)
    ml("linear_regressor", "LinearRegressor", [floats(4, 2)], coefficients=[1.0, -2.0, 0.5, 3.0],
       intercepts=[0.25, -1.0], targets=2)
    for transform in ("NONE", "SOFTMAX", "LOGISTIC"):
        ml(f"linear_classifier_{transform.lower()}", "LinearClassifier", [floats(4, 2)], 2,
           coefficients=[1.0, -2.0, 0.5, 3.0, -1.0, 0.25], intercepts=[0.25, -1.0, 0.5], classlabels_ints=[4, 9, 2],
           post_transform=transform)
    ml("label_encoder_floats", "LabelEncoder", [np.array([1.5, 2, 4], np.float32)], keys_floats=[1.5, 2],
       values_int64s=[4, 5], default_int64=-3)
    ml("array_feature_extractor", "ArrayFeatureExtractor", [floats(2, 3, 4), np.array([3, 0, 0], np.int64)])


def main():
    def case(*arguments, **attributes):
        write(sys.argv[1], *arguments, **attributes)

    for family in (activations, fused, normalization, attention, grouped_attention, rotary, quantized,
                   block_quantized, plain, machine_learning):
        family(case)


main()
