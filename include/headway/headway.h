#pragma once

#include "headway/datum.h"
#include "headway/dtype.h"
#include "headway/error.h"
#include "headway/export.h"
#include "headway/model.h"
#include "headway/session.h"
#include "headway/tensor.h"

namespace headway {

/// The version of the library that is loaded, for example "0.1.0".
HEADWAY_API const char* version() noexcept;

}  // namespace headway
