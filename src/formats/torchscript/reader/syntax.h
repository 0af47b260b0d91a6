#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The serialized language of TorchScript (torch/csrc/jit/serialization/python_print.cpp writes
/// it): a subset of Python.
namespace headway::script {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Keyword {
  std::string name;
  ExprPtr value;
};

struct Expr {
  enum class Kind {
    kName,  ///< text
    kNone,
    kBool,       ///< integer
    kInt,        ///< integer
    kFloat,      ///< number
    kString,     ///< text
    kAttribute,  ///< parts[0].text
    kCall,       ///< parts[0](parts[1], …, keywords)
    kSubscript,  ///< parts[0][parts[1], …]
    kList,
    kTuple,
    kDict,    ///< parts: keys and values in turn
    kNegate,  ///< -parts[0]
  };
  Kind kind;
  int line = 0;
  std::string text;
  std::int64_t integer = 0;
  double number = 0;
  std::vector<ExprPtr> parts;
  std::vector<Keyword> keywords;
};

struct Statement {
  enum class Kind {
    kExpression,  ///< value
    kAssign,      ///< targets = value; several: the value is unpacked
    kReturn,      ///< value, perhaps nullptr
    kIf,          ///< value, body, otherwise
    kFor,         ///< targets[0] in value, body
    kWhile,       ///< value, body
    kWith,        ///< body
    kPass,
  };
  Kind kind;
  int line = 0;
  std::vector<ExprPtr> targets;
  ExprPtr value;
  std::vector<Statement> body, otherwise;
};

struct Parameter {
  std::string name;
  ExprPtr type;      ///< nullptr if not stated.
  ExprPtr fallback;  ///< nullptr if there is none.
};

struct Function {
  std::string name;
  std::string file;  ///< For messages.
  int line = 0;
  std::vector<Parameter> parameters;
  ExprPtr result;  ///< Its type; nullptr if not stated.
  std::vector<Statement> body;
};

struct Class {
  std::string name;  ///< Qualified.
  std::string base;  ///< "Module", "NamedTuple", "Enum", "Interface" or "".
  std::vector<std::string> fields;
  std::map<std::string, ExprPtr, std::less<>> constants;  ///< Of Final fields.
  std::map<std::string, Function, std::less<>> methods;
};

/// What one file of code defines.
struct SourceFile {
  std::map<std::string, Class, std::less<>> classes;
  std::map<std::string, Function, std::less<>> functions;
};

/// `module` is the qualified name of what the file stands for ("__torch__.torch.nn"); `file` names
/// it in messages. Throws Error(kInvalidModel) with the line.
SourceFile parse_source(std::string_view text, std::string_view module, const std::string& file);

/// One expression.
ExprPtr parse_expression(std::string_view text);

}  // namespace headway::script
