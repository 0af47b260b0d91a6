#pragma once

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formats/torchscript/reader/join.h"
#include "formats/torchscript/reader/program.h"
#include "formats/torchscript/reader/recorder.h"
#include "formats/torchscript/reader/snapshot.h"

namespace headway::script {

/// Runs a program once over values that are known and tensors that are not: what is left are the
/// operations on tensors, which become the nodes of a graph.
class Interpreter : public Recorder {
 public:
  Interpreter(Program& program, TypedGraph& graph) : Recorder(graph), program_(program) {}
  ~Interpreter() {
    for (const IValue& value : kept_) release_parts(value);
  }
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  /// The module's object.
  ObjectRef module();
  const Function& method(const ObjectRef& object, std::string_view name);
  IValue run(const Function& function, const ObjectRef& self, std::vector<IValue> arguments,
             KeywordArguments keywords = {});

 private:
  struct Frame {
    Variables variables;
    std::set<std::string> lost;  ///< Variables that nothing can stand for after a branch or loop.
    ObjectRef self;
    const Function* function = nullptr;
  };

  using Bodies = std::array<std::unique_ptr<OpenBody>, 2>;
  struct Trip;
  static void note_lost(const Snapshot& way, Frame& frame);
  Snapshot snapshot(const Frame& frame);
  Snapshot outcome(const Frame& frame, const Snapshot* before, std::optional<IValue> result);
  std::optional<IValue> emit_if(const Statement& statement, const Undecided& undecided,
                                Frame& frame);
  void add_outputs(const Undecided& undecided, Bodies& bodies, const Snapshot (&sides)[2],
                   const std::vector<Leaf>& leaves);
  /// A loop of so many trips, or while a condition holds.
  void emit_loop(const Statement& statement, const std::optional<SymInt>& trips, Value* goes_on,
                 Frame& frame);
  Trip run_trip(const Statement& statement, const Snapshot& before, const Trip& last, Frame& frame);
  void add_loop(const Snapshot& before, Trip& trip, const std::optional<SymInt>& trips,
                Value* goes_on, Frame& frame);
  Value* run_loop_body(const Statement& statement, Value* count, Value* goes_on, Frame& frame);

  static std::string place_of(const Frame& frame, const Statement& statement);
  std::optional<IValue> execute(const std::vector<Statement>& body, Frame& frame);
  std::optional<IValue> execute(const Statement& statement, Frame& frame);
  std::optional<IValue> execute_if(const Statement& statement, Frame& frame);
  std::optional<IValue> execute_loop(const Statement& statement, Frame& frame);
  void assign(const Statement& statement, Frame& frame);
  void assign_one(const Expr& target, IValue value, Frame& frame);
  void refine_unpacked(const Statement& statement, Frame& frame);
  /// nullopt if only a run knows.
  std::optional<bool> condition(const IValue& value, bool then_raises, bool else_raises,
                                Undecided& undecided);

  IValue evaluate(const Expr& expr, Frame& frame);
  IValue evaluate_parts(const Expr& expr, Frame& frame);
  IValue attribute(const Expr& expr, Frame& frame);
  IValue attribute_of(const IValue& owner, const std::string& name);
  IValue call(const Expr& expr, Frame& frame);
  std::optional<IValue> call_special(const Expr& expr, Frame& frame);
  IValue call_function(const FunctionRef& function, std::vector<IValue> arguments,
                       KeywordArguments keywords);
  IValue construct(const Class& type, std::vector<IValue> arguments, KeywordArguments keywords);
  IValue global(const std::string& name);
  IValue load(const torch::PickleValue& value, const std::string& path, int depth = 0);
  IValue constant(std::size_t index);

  Program& program_;
  ObjectRef module_;
  std::unordered_map<const torch::PickleObject*, ObjectRef> objects_;
  std::unordered_map<const ObjectData*, const torch::PickleObject*> states_;
  std::unordered_map<std::size_t, IValue> constants_;
  std::vector<IValue> kept_;    ///< Everything that may hold other things, until the end.
  std::vector<Frame*> frames_;  ///< Of the calls under way.
  int depth_ = 0;
  std::int64_t steps_ = 0;
};

/// The dotted name that an expression of names and attributes is; "" if it is something else.
std::string dotted_name(const Expr& expr);

}  // namespace headway::script
