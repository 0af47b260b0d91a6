#pragma once

/// Marks the symbols that libheadway.so exports; everything else is hidden.
#define HEADWAY_API __attribute__((visibility("default")))
