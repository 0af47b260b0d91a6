// The one place where the decoder is compiled. Everything but JPEG and PNG is left out, and so are
// its assertions: hostile files must not stop the program.
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_MAX_DIMENSIONS 32768
#define STBI_ASSERT(condition) static_cast<void>(0)
#include <stb/stb_image.h>
