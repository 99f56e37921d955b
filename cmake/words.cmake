# cmake -DWORDS=docs/words.txt -DOUT=words.cpp -P words.cmake: the word list of fingerprints as C++.
file(STRINGS ${WORDS} words)
list(LENGTH words count)
if(NOT count EQUAL 2048)
  message(FATAL_ERROR "${WORDS}: expected 2048 words (11 bits each), found ${count}")
endif()
list(JOIN words "\",\n    \"" lines)
file(WRITE ${OUT} "#include \"bundle/base/words.h\"\n
namespace rootcellar {\n
const std::array<std::string_view, 2048> k_words{\n    \"${lines}\",\n};\n
}  // namespace rootcellar\n")
