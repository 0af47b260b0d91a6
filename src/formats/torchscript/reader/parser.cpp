#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/strings.h"
#include "formats/torchscript/reader/lexer.h"
#include "formats/torchscript/reader/syntax.h"

namespace headway::script {
namespace {

/// Of expressions and blocks inside of one another.
constexpr int kMaxDepth = 200;

class Parser {
 public:
  Parser(std::string_view text, std::string file)
      : file_(std::move(file)), tokens_(tokenize(text, file_)) {}

  SourceFile source(std::string_view module) {
    SourceFile result;
    while (!at(Token::Kind::kEnd)) {
      if (accept("class")) {
        Class parsed = class_definition(module);
        std::string name = parsed.name.substr(module.size() + 1);
        result.classes.insert_or_assign(std::move(name), std::move(parsed));
      } else if (accept("def")) {
        Function parsed = function();
        std::string name = parsed.name;
        result.functions.insert_or_assign(std::move(name), std::move(parsed));
      } else {
        statement();  // Imports and the version of oldest files say nothing of use.
      }
    }
    return result;
  }

  ExprPtr only_expression() {
    ExprPtr result = expression();
    if (at(Token::Kind::kNewline)) ++position_;
    if (!at(Token::Kind::kEnd)) malformed();
    return result;
  }

 private:
  class Nested {
   public:
    explicit Nested(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxDepth)
        fail(ErrorCode::kInvalidModel, parser_.file_, ", line ", parser_.token().line,
             ": the code is nested too deeply");
    }
    ~Nested() { --parser_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Parser& parser_;
  };

  const Token& token() const { return tokens_[position_]; }
  bool at(Token::Kind kind) const { return token().kind == kind; }
  bool at(std::string_view text) const {
    return (at(Token::Kind::kName) || at(Token::Kind::kSymbol)) && token().text == text;
  }
  bool accept(std::string_view text) {
    if (!at(text)) return false;
    ++position_;
    return true;
  }
  bool accept(Token::Kind kind) {
    if (!at(kind)) return false;
    ++position_;
    return true;
  }

  [[noreturn]] void malformed() const {
    fail(ErrorCode::kInvalidModel, file_, ", line ", token().line, ": unexpected ",
         token().text.empty() ? "end of line" : quote(token().text));
  }
  void expect(std::string_view text) {
    if (!accept(text)) malformed();
  }
  std::string name() {
    if (!at(Token::Kind::kName)) malformed();
    return tokens_[position_++].text;
  }
  void end_of_line() {
    if (!accept(Token::Kind::kNewline) && !at(Token::Kind::kEnd)) malformed();
  }

  ExprPtr make(Expr::Kind kind) const {
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    expr->line = token().line;
    return expr;
  }

  Class class_definition(std::string_view module) {
    Class result;
    result.name = concat(module, ".", name());
    if (accept("(")) {
      if (!at(")")) result.base = name();
      expect(")");
    }
    expect(":");
    end_of_line();
    if (!accept(Token::Kind::kIndent)) malformed();
    while (!accept(Token::Kind::kDedent)) {
      if (accept("def")) {
        Function method = function();
        std::string key = method.name;
        result.methods.insert_or_assign(std::move(key), std::move(method));
      } else {
        member(result);
      }
    }
    return result;
  }

  /// "weight : Tensor", "eps : Final[float] = 0.1", "__annotations__["0"] = …", "pass".
  void member(Class& owner) {
    ExprPtr target = expression();
    std::string field = target->kind == Expr::Kind::kName ? target->text : "";
    if (target->kind == Expr::Kind::kSubscript && target->parts.size() == 2)
      field = target->parts[1]->text;
    const bool typed = accept(":");
    if (typed) expression();
    if (accept("=")) {
      ExprPtr value = tuple_or_expression();
      const bool is_special = field.starts_with("__");
      if (typed && !is_special) owner.constants.insert_or_assign(field, std::move(value));
    }
    if (!field.empty() && !field.starts_with("__") && field != "pass")
      owner.fields.push_back(field);
    end_of_line();
  }

  Function function() {
    Function result;
    result.file = file_;
    result.line = token().line;
    result.name = name();
    expect("(");
    while (!accept(")")) {
      accept("*");
      if (accept(",")) continue;
      Parameter parameter;
      parameter.name = name();
      if (accept(":")) parameter.type = expression();
      if (accept("=")) parameter.fallback = expression();
      result.parameters.push_back(std::move(parameter));
      if (!at(")")) expect(",");
    }
    if (accept("->")) result.result = expression();
    expect(":");
    result.body = block();
    return result;
  }

  std::vector<Statement> block() {
    const Nested nested(*this);
    end_of_line();
    std::vector<Statement> statements;
    if (!accept(Token::Kind::kIndent)) malformed();
    while (!accept(Token::Kind::kDedent)) statements.push_back(statement());
    return statements;
  }

  Statement statement() {
    Statement result{Statement::Kind::kPass, token().line, {}, {}, {}, {}};
    if (accept("pass")) {
      end_of_line();
    } else if (accept("return")) {
      result.kind = Statement::Kind::kReturn;
      if (!at(Token::Kind::kNewline)) result.value = tuple_or_expression();
      end_of_line();
    } else if (accept("if")) {
      if_statement(result);
    } else if (accept("while")) {
      result.kind = Statement::Kind::kWhile;
      result.value = expression();
      expect(":");
      result.body = block();
    } else if (accept("for")) {
      result.kind = Statement::Kind::kFor;
      result.targets.push_back(expression());
      expect("in");
      result.value = expression();
      expect(":");
      result.body = block();
    } else if (accept("with")) {
      result.kind = Statement::Kind::kWith;
      result.value = expression();
      if (accept("as")) result.targets.push_back(expression());
      expect(":");
      result.body = block();
    } else {
      simple_statement(result);
    }
    return result;
  }

  void if_statement(Statement& result) {
    result.kind = Statement::Kind::kIf;
    result.value = expression();
    expect(":");
    result.body = block();
    if (accept("else")) {
      expect(":");
      result.otherwise = block();
    }
  }

  /// An expression, or "a = …", "a, b, = …", "a : T = …".
  void simple_statement(Statement& result) {
    if (accept("import")) {
      while (!at(Token::Kind::kNewline) && !at(Token::Kind::kEnd)) ++position_;
      return end_of_line();
    }
    std::vector<ExprPtr> targets;
    bool tuple = false;
    targets.push_back(expression());
    while (accept(",")) {
      tuple = true;
      if (at("=") || at(Token::Kind::kNewline)) break;
      targets.push_back(expression());
    }
    if (accept(":")) expression();
    if (accept("=")) {
      result.kind = Statement::Kind::kAssign;
      result.value = tuple_or_expression();
      result.targets = std::move(targets);
      // "a, = f()" unpacks one element.
      if (tuple && result.targets.size() == 1) {
        ExprPtr one = make(Expr::Kind::kTuple);
        one->parts = std::move(result.targets);
        result.targets.clear();
        result.targets.push_back(std::move(one));
      }
    } else {
      if (tuple) malformed();
      result.kind = Statement::Kind::kExpression;
      result.value = std::move(targets[0]);
    }
    end_of_line();
  }

  ExprPtr tuple_or_expression() {
    ExprPtr first = expression();
    if (!at(",")) return first;
    ExprPtr tuple = make(Expr::Kind::kTuple);
    tuple->parts.push_back(std::move(first));
    while (accept(",")) {
      if (at(Token::Kind::kNewline)) break;
      tuple->parts.push_back(expression());
    }
    return tuple;
  }

  ExprPtr expression() {
    const Nested nested(*this);
    if (at("-")) {
      ExprPtr negate = make(Expr::Kind::kNegate);
      ++position_;
      negate->parts.push_back(expression());
      return negate;
    }
    ExprPtr expr = atom();
    for (int count = 0;; ++count) {
      if (count > kMaxDepth) malformed();
      if (at(".")) {
        ExprPtr attribute = make(Expr::Kind::kAttribute);
        ++position_;
        attribute->text = name();
        attribute->parts.push_back(std::move(expr));
        expr = std::move(attribute);
      } else if (at("(")) {
        expr = call(std::move(expr));
      } else if (at("[")) {
        ExprPtr subscript = make(Expr::Kind::kSubscript);
        ++position_;
        subscript->parts.push_back(std::move(expr));
        elements("]", subscript->parts);
        expr = std::move(subscript);
      } else {
        return expr;
      }
    }
  }

  ExprPtr call(ExprPtr callee) {
    ExprPtr result = make(Expr::Kind::kCall);
    expect("(");
    result->parts.push_back(std::move(callee));
    while (!accept(")")) {
      const bool keyword = at(Token::Kind::kName) && tokens_[position_ + 1].text == "=" &&
                           tokens_[position_ + 1].kind == Token::Kind::kSymbol;
      if (keyword) {
        std::string key = name();
        expect("=");
        result->keywords.push_back({std::move(key), expression()});
      } else {
        result->parts.push_back(expression());
      }
      if (!at(")")) expect(",");
    }
    return result;
  }

  void elements(std::string_view end, std::vector<ExprPtr>& out) {
    while (!accept(end)) {
      out.push_back(expression());
      if (!at(end)) expect(",");
    }
  }

  ExprPtr atom() {
    if (at(Token::Kind::kInt) || at(Token::Kind::kFloat)) return number();
    if (at(Token::Kind::kString)) {
      ExprPtr string = make(Expr::Kind::kString);
      string->text = tokens_[position_++].text;
      while (at(Token::Kind::kString)) string->text += tokens_[position_++].text;
      return string;
    }
    if (at(Token::Kind::kName)) return named();
    if (at("[")) {
      ExprPtr list = make(Expr::Kind::kList);
      ++position_;
      elements("]", list->parts);
      return list;
    }
    if (at("{")) return dict();
    if (at("(")) return parenthesized();
    malformed();
  }

  ExprPtr named() {
    ExprPtr expr = make(Expr::Kind::kName);
    expr->text = name();
    if (expr->text == "None") expr->kind = Expr::Kind::kNone;
    if (expr->text == "True" || expr->text == "False") {
      expr->kind = Expr::Kind::kBool;
      expr->integer = expr->text == "True" ? 1 : 0;
    }
    if (expr->text == "inf" || expr->text == "nan") {
      expr->kind = Expr::Kind::kFloat;
      expr->number = expr->text == "inf" ? std::numeric_limits<double>::infinity() : std::nan("");
    }
    return expr;
  }

  ExprPtr number() {
    const bool real = at(Token::Kind::kFloat);
    ExprPtr expr = make(real ? Expr::Kind::kFloat : Expr::Kind::kInt);
    const std::string& text = tokens_[position_++].text;
    const char* end = text.data() + text.size();
    const auto result = real ? std::from_chars(text.data(), end, expr->number)
                             : std::from_chars(text.data(), end, expr->integer);
    if (result.ec == std::errc::result_out_of_range && !real) {
      // -9223372036854775808 is written as a negated number that is one too large.
      expr->integer = std::numeric_limits<std::int64_t>::max();
    } else if (result.ptr != end || (result.ec != std::errc() && !real)) {
      --position_;
      malformed();
    }
    return expr;
  }

  ExprPtr dict() {
    ExprPtr result = make(Expr::Kind::kDict);
    expect("{");
    while (!accept("}")) {
      result->parts.push_back(expression());
      expect(":");
      result->parts.push_back(expression());
      if (!at("}")) expect(",");
    }
    return result;
  }

  ExprPtr parenthesized() {
    ExprPtr tuple = make(Expr::Kind::kTuple);
    expect("(");
    bool comma = false;
    while (!accept(")")) {
      tuple->parts.push_back(expression());
      if (at(")")) continue;
      expect(",");
      comma = true;
    }
    if (tuple->parts.size() == 1 && !comma) return std::move(tuple->parts[0]);
    return tuple;
  }

  std::string file_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  int depth_ = 0;
};

}  // namespace

SourceFile parse_source(std::string_view text, std::string_view module, const std::string& file) {
  return Parser(text, file).source(module);
}

ExprPtr parse_expression(std::string_view text) {
  return Parser(text, "expression").only_expression();
}

}  // namespace headway::script
