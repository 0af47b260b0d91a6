#include "shrink.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "ops/operator.h"
#include "tensor/dispatch.h"

namespace headway::differential {
namespace {

using Kind = CaseValue::Kind;

CaseValue& value_of(Case& wanted, ValueId id) {
  return wanted.values[static_cast<std::size_t>(id)];
}

/// Drops nodes that no output needs.
void erase_dead(Case& wanted) {
  std::set<ValueId> needed(wanted.outputs.begin(), wanted.outputs.end());
  std::vector<CaseNode> kept;
  for (std::size_t i = wanted.nodes.size(); i-- > 0;) {
    const CaseNode& node = wanted.nodes[i];
    if (std::ranges::none_of(node.outputs, [&](ValueId id) { return needed.contains(id); }))
      continue;
    needed.insert(node.inputs.begin(), node.inputs.end());
    kept.push_back(node);
  }
  std::ranges::reverse(kept);
  wanted.nodes = kept;
}

/// The first extents of a tensor along every axis.
Tensor corner(const Tensor& tensor, const Shape& shape) {
  Tensor result = Tensor::allocate(tensor.dtype(), shape);
  const std::size_t bytes = size_of(tensor.dtype());
  for (std::int64_t i = 0; i < result.size(); ++i) {
    std::int64_t rest = i, offset = 0, stride = 1;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      offset += rest % shape[axis] * stride;
      rest /= shape[axis];
      stride *= tensor.dim(axis);
    }
    if (tensor.dtype() == DType::kString) {
      result.data<std::string>()[i] = tensor.data<std::string>()[offset];
      continue;
    }
    std::copy_n(
        static_cast<const std::byte*>(tensor.raw()) + static_cast<std::size_t>(offset) * bytes,
        bytes, static_cast<std::byte*>(result.raw()) + static_cast<std::size_t>(i) * bytes);
  }
  return result;
}

class Shrinker {
 public:
  Shrinker(Case wanted, const Shows& shows) : case_(std::move(wanted)), shows_(shows) {}

  Case run() {
    for (int round = 0; round < 4; ++round) {
      bool progress = false;
      progress |= fewer_outputs();
      progress |= cut_below();
      progress |= cut_above();
      progress |= fewer_attributes();
      progress |= smaller_extents();
      progress |= simpler_elements();
      if (case_.open_shapes) progress |= attempt([](Case& c) { c.open_shapes = false; });
      if (!progress) break;
    }
    return case_;
  }

 private:
  /// Keeps a change if the case still shows it.
  bool attempt(const std::function<void(Case&)>& change) {
    Case changed = case_;
    try {
      change(changed);
      erase_dead(changed);
      if (changed.nodes.empty() || !computes(changed) || !shows_(changed)) return false;
    } catch (const std::exception&) {
      return false;
    }
    case_ = std::move(changed);
    return true;
  }

  /// A case that the reference refuses may only stay refused.
  bool computes(Case& changed) const {
    try {
      evaluate(changed);
      return true;
    } catch (const Error&) {
      return std::ranges::any_of(case_.values,
                                 [](const CaseValue& v) { return !v.tensor.defined(); });
    }
  }

  bool fewer_outputs() {
    if (case_.outputs.size() < 2) return false;
    for (const ValueId id : case_.outputs)
      if (attempt([&](Case& c) { c.outputs = {id}; })) return true;
    return false;
  }

  /// Strings stay within a model.
  bool is_text(ValueId id) { return value_of(case_, id).dtype == DType::kString; }

  /// An intermediate value becomes the only output: the earliest that will do.
  bool cut_below() {
    for (const CaseNode& node : std::vector<CaseNode>(case_.nodes)) {
      for (const ValueId id : node.outputs) {
        if (id == kOmitted || case_.outputs == std::vector<ValueId>{id} || is_text(id)) continue;
        if (attempt([&](Case& c) { c.outputs = {id}; })) return true;
      }
    }
    return false;
  }

  /// A computed value becomes an input.
  bool cut_above() {
    bool progress = false;
    for (std::size_t i = case_.values.size(); i-- > 0;) {
      const auto id = static_cast<ValueId>(i);
      if (case_.values[i].kind != Kind::kComputed || !case_.values[i].tensor.defined() ||
          std::ranges::find(case_.outputs, id) != case_.outputs.end() || is_text(id))
        continue;
      progress |= attempt([&](Case& c) {
        value_of(c, id).kind = Kind::kInput;
        for (CaseNode& node : c.nodes) std::ranges::replace(node.outputs, id, kOmitted);
        std::erase_if(c.nodes, [](const CaseNode& node) {
          return std::ranges::all_of(node.outputs, [](ValueId out) { return out == kOmitted; });
        });
      });
    }
    return progress;
  }

  bool fewer_attributes() {
    bool progress = false;
    for (std::size_t n = 0; n < case_.nodes.size(); ++n) {
      const Attributes attributes = case_.nodes[n].attributes;
      for (const auto& [name, value] : attributes) {
        const std::string key = name;
        progress |= attempt([&](Case& c) { c.nodes.at(n).attributes.erase(key); });
        if (n >= case_.nodes.size()) return progress;
      }
      if (case_.nodes[n].inputs.size() > 1)
        progress |= attempt([&](Case& c) { c.nodes.at(n).inputs.pop_back(); });
    }
    return progress;
  }

  std::vector<ValueId> sources() const {
    std::vector<ValueId> ids;
    for (const CaseNode& node : case_.nodes) {
      for (const ValueId id : node.inputs)
        if (id != kOmitted && case_.values[static_cast<std::size_t>(id)].kind != Kind::kComputed)
          ids.push_back(id);
    }
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    return ids;
  }

  /// One extent of one tensor, or all extents that are equal: they often have to be.
  bool smaller_extents() {
    bool progress = false;
    std::set<std::int64_t> extents;
    for (const ValueId id : sources())
      for (const std::int64_t extent : value_of(case_, id).tensor.shape()) extents.insert(extent);
    for (const std::int64_t extent : extents) {
      for (const std::int64_t smaller :
           {std::int64_t{1}, std::int64_t{2}, extent / 2, extent - 1}) {
        if (smaller < 1 || smaller >= extent) continue;
        if (!attempt([&](Case& c) { cut_all(c, extent, smaller); })) continue;
        progress = true;
        break;
      }
    }
    for (const ValueId id : sources()) {
      for (std::size_t axis = 0; axis < value_of(case_, id).tensor.rank(); ++axis) {
        if (value_of(case_, id).tensor.dim(axis) < 2) continue;
        progress |= attempt([&](Case& c) {
          Tensor& tensor = value_of(c, id).tensor;
          Shape shape = tensor.shape();
          shape[axis] = 1;
          tensor = corner(tensor, shape);
        });
      }
    }
    return progress;
  }

  void cut_all(Case& c, std::int64_t extent, std::int64_t smaller) const {
    for (const ValueId id : sources()) {
      Tensor& tensor = value_of(c, id).tensor;
      Shape shape = tensor.shape();
      std::ranges::replace(shape, extent, smaller);
      if (shape != tensor.shape()) tensor = corner(tensor, shape);
    }
  }

  /// Ones, zeros, or whole numbers, of floating-point inputs that are no scales.
  bool simpler_elements() {
    bool progress = false;
    for (const ValueId id : sources()) {
      const CaseValue& source = value_of(case_, id);
      const bool scale = source.kind == Kind::kConstant && source.tensor.rank() == 0;
      if (!is_floating_point(source.dtype) || scale) continue;
      for (double (*simple)(double) :
           {+[](double) { return 1.0; }, +[](double x) { return std::round(x); },
            +[](double x) { return std::round(x * 8) / 8; }}) {
        Tensor tensor = value_of(case_, id).tensor.to(DType::kFloat64).clone();
        bool same = true;
        for (double& element : tensor.values<double>()) {
          const double simpler = std::isfinite(element) ? simple(element) : element;
          same = same && (simpler == element || std::isnan(element));
          element = simpler;
        }
        if (same) break;
        if (attempt([&](Case& c) { value_of(c, id).tensor = tensor.to(value_of(c, id).dtype); })) {
          progress = true;
          break;
        }
      }
    }
    return progress;
  }

  Case case_;
  const Shows& shows_;
};

}  // namespace

Case shrink(Case wanted, const Shows& shows) {
  return Shrinker(std::move(wanted), shows).run();
}

}  // namespace headway::differential
