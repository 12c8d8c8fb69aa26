#include <isa-l/igzip_lib.h>

// Macros that Swift cannot read.
enum { holdfast_isal_level1_buffer_size = ISAL_DEF_LVL1_DEFAULT };
