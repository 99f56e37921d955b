# Warnings are errors; each is here because it names a fault we would otherwise meet at run time. Linked PRIVATE by our own targets only.
add_library(rc_warnings INTERFACE)
target_compile_options(rc_warnings INTERFACE
  -Werror
  -Wall -Wextra               # the compilers' own lists of likely mistakes
  -Wshadow                    # a name that hides another is read as the other
  -Wnon-virtual-dtor          # deleting through a base would leak the rest
  -Woverloaded-virtual        # an override that misses by one type is silently a new function
  -Wcast-qual                 # casting const away writes where nobody expects it
  -Wold-style-cast            # says what kind of conversion is meant
  -Wimplicit-fallthrough      # a forgotten break runs the next case
  -Wnull-dereference          # paths the optimiser can prove
  -Wformat=2                  # strftime and snprintf are the only formats we use; they must be literals
  -Wvla                       # stack use must be known
  -Wundef                     # a misspelt macro is 0
  -Wextra-semi                # noise in diffs
  -Wmissing-declarations      # a function nobody else sees belongs in the anonymous namespace
  -Wswitch-enum               # a new kind must be met everywhere
  -Wno-missing-field-initializers  # designated initialisers leave the rest at their defaults on purpose
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(rc_warnings INTERFACE
    -Wlogical-op              # `a & b` where `a && b` was meant
    -Wduplicated-cond         # the second branch is dead
    -Wduplicated-branches     # a copy that was not adapted
    -Wno-null-dereference     # g++ 12 reports paths inside libstdc++ that cannot happen; clang's is kept
    -Wno-restrict             # the same of std::string = "..." at -O2 (GCC bug 105651)
  )
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND ROOTCELLAR_SANITIZE)
  target_compile_options(rc_warnings INTERFACE -Wno-maybe-uninitialized)  # g++ 12 misreads what the sanitizers add; the other presets keep it
endif()
