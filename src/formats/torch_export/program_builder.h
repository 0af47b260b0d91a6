#pragma once

#include <map>
#include <string>
#include <vector>

#include "formats/torch/archive_builder.h"
#include "formats/torch_export/json.h"

/// A small exported program, to be spoilt by tests. Used by tests only.
namespace headway::torch_export {

inline Json tensor_meta(const std::vector<int>& sizes, const std::vector<int>& strides,
                        int offset = 0, int dtype = 7) {
  const auto extents = [](const std::vector<int>& numbers) {
    Json list = Json::array();
    for (const int number : numbers) list.push_back({{"as_int", number}});
    return list;
  };
  return {{"dtype", dtype},
          {"sizes", extents(sizes)},
          {"strides", extents(strides)},
          {"storage_offset", {{"as_int", offset}}},
          {"requires_grad", false}};
}

inline Json tensor_argument(const std::string& name) {
  return {{"as_tensor", {{"name", name}}}};
}

inline Json node(const std::string& target, std::vector<std::pair<std::string, Json>> arguments,
                 const std::string& output) {
  Json inputs = Json::array();
  for (auto& [name, argument] : arguments)
    inputs.push_back({{"name", name}, {"arg", std::move(argument)}, {"kind", 1}});
  return {{"target", target},
          {"inputs", inputs},
          {"outputs", {tensor_argument(output)}},
          {"metadata", {{"stack_trace", "File \"net.py\", line 7, in forward\n    return y"}}},
          {"name", output}};
}

/// {"sum": x[N, 2] @ w.T + x}, w of [2, 2].
inline Json small_program() {
  Json x = tensor_meta({1, 2}, {2, 1});
  x["sizes"][0] = {{"as_expr", {{"expr_str", "Symbol('s0', positive=True, integer=True)"}}}};
  const Json graph = {
      {"inputs", {tensor_argument("p_w"), tensor_argument("x")}},
      {"outputs", {tensor_argument("add")}},
      {"nodes",
       {node("torch.ops.aten.linear.default",
             {{"input", tensor_argument("x")}, {"weight", tensor_argument("p_w")}}, "linear"),
        node("torch.ops.aten.add.Tensor",
             {{"self", tensor_argument("linear")}, {"other", tensor_argument("x")}}, "add")}},
      {"tensor_values", {{"x", x}}}};
  const Json signature = {{"input_specs",
                           {{{"parameter", {{"arg", {{"name", "p_w"}}}, {"parameter_name", "w"}}}},
                            {{"user_input", {{"arg", tensor_argument("x")}}}}}},
                          {"output_specs", {{{"user_output", {{"arg", tensor_argument("add")}}}}}}};
  const Json structure = {
      1,
      {{"type", "builtins.dict"},
       {"context", "[\"sum\"]"},
       {"children_spec",
        {{{"type", nullptr}, {"context", nullptr}, {"children_spec", Json::array()}}}}}};
  return {
      {"graph_module",
       {{"graph", graph},
        {"signature", signature},
        {"module_call_graph", {{{"fqn", ""}, {"signature", {{"out_spec", structure.dump()}}}}}}}},
      {"schema_version", {{"major", 8}, {"minor", 20}}},
      {"a_field_of_tomorrow", {1, 2, 3}}};
}

struct Archive {
  Json program = small_program();
  Json weights = {{"w",
                   {{"path_name", "weight_0"},
                    {"use_pickle", false},
                    {"tensor_meta", tensor_meta({2, 2}, {2, 1})}}}};
  std::map<std::string, std::string> more;  ///< Further entries, or others in place of these.

  std::string bytes() const {
    std::map<std::string, std::string> entries = {
        {"m/archive_format", "pt2"},
        {"m/archive_version", "0"},
        {"m/models/model.json", program.dump()},
        {"m/data/weights/model_weights_config.json", Json{{"config", weights}}.dump()},
        {"m/data/weights/weight_0", torch::bytes_of<float>({1, 2, 3, 4})}};
    for (const auto& [name, contents] : more) entries[name] = contents;
    return torch::archive_bytes(entries);
  }
};

}  // namespace headway::torch_export
