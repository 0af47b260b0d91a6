#pragma once

#include "graph/graph.h"

namespace headway::cpu {

/// True if a norm of the value's elements is taken, perhaps after they were moved or something was
/// added. What is then divided by that norm has the relative error of its smallest rows: a row of
/// zeros must stay exactly zero.
bool is_normalized(const Value& value);

}  // namespace headway::cpu
