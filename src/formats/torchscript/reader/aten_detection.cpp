#include <limits>

#include "formats/torchscript/reader/call.h"

/// Operators of torchvision.
namespace headway::script {
namespace {

/// ONNX's operator works on a batch of boxes, and for several classes.
IValue nms(Call& call) {
  Value* boxes = call.cast(call.unsqueeze(call.tensor("dets"), {0}), DType::kFloat32);
  Value* scores = call.cast(call.unsqueeze(call.tensor("scores"), {0, 1}), DType::kFloat32);
  Value* selected =
      call.node("NonMaxSuppression",
                {boxes, scores, call.ints_value({std::numeric_limits<std::int64_t>::max()}),
                 call.operand(call.argument("iou_threshold"), DType::kFloat32)});
  return tensor_result(call.node("Gather",
                                 {selected, call.graph().scalar(std::int64_t{2}, DType::kInt64)},
                                 {{"axis", std::int64_t{1}}}));
}

/// The regions are rows of an index into the batch and four coordinates.
IValue roi_align(Call& call) {
  Value* rois = call.tensor("rois");
  Value* batch = call.squeeze(call.slice(rois, 1, 0, 1), {1});
  return tensor_result(
      call.node("RoiAlign",
                {call.tensor("input"), call.slice(rois, 1, 1, 5), call.cast(batch, DType::kInt64)},
                {{"spatial_scale", static_cast<float>(call.number("spatial_scale"))},
                 {"output_height", call.integer("pooled_height")},
                 {"output_width", call.integer("pooled_width")},
                 {"sampling_ratio", std::max<std::int64_t>(call.integer("sampling_ratio"), 0)},
                 {"coordinate_transformation_mode",
                  std::string(call.flag("aligned") ? "half_pixel" : "output_half_pixel")}}));
}

constexpr AtenOperator kOperators[] = {
    {"nms", "dets, scores, iou_threshold", nms},
    {"roi_align",
     "input, rois, spatial_scale, pooled_height, pooled_width, sampling_ratio, aligned=False",
     roi_align},
};

}  // namespace

std::span<const AtenOperator> detection_operators() {
  return kOperators;
}

}  // namespace headway::script
