#include "installer/commands/first_trust.h"

#include <gtest/gtest.h>

#include "tests/unit/commands_installer/site_fixture.h"
#include "tests/unit/commands_installer/typing_console.h"

namespace rootcellar {
namespace {

using test::Site;
using test::TypingConsole;

struct Words {
  Site site;
  std::string folder = site.write_bundle();
  BundleCandidate candidate() {
    return find_bundles({folder}, [](const std::string&, const std::string&) {}).at(0);
  }
  void put_key_beside(const SecretKey& key, const std::string& name) {
    write_file_atomically(path_join(folder, name), key.public_key().file_text());
  }
};

TEST(FirstTrust, TheWordsOfTheSignersKeyAreBelieved) {
  Words words;
  words.put_key_beside(test::first_key(), "site.pub");
  std::string typed = "  " + test::first_key().public_key().fingerprint_words() + " ";
  typed[2] = static_cast<char>(typed[2] - 'a' + 'A');
  TypingConsole console({"wrong words", typed});
  const TrustPolicy policy = establish_trust(words.candidate(), std::nullopt, KeptState(words.site.surroundings()), console);
  ASSERT_EQ(policy.keys.size(), 1u);
  EXPECT_EQ(policy.keys[0].key, test::first_key().public_key());
  EXPECT_EQ(policy.keys[0].name, "site");
  EXPECT_EQ(console.said,
            "This machine has not met the signer of this bundle. Its key has a fingerprint of six words, printed on paper.\n"
            "the six words: These are not the words of a key that signed this bundle; 2 tries left.\nthe six words: ");
}

TEST(FirstTrust, AfterThreeTriesItIsOver) {
  Words words;
  words.put_key_beside(test::first_key(), "site.pub");
  TypingConsole console({"yes", "y", "please"});
  EXPECT_EQ(test::error_of([&] { establish_trust(words.candidate(), std::nullopt, KeptState(words.site.surroundings()), console); }),
            "error: cannot trust 'lab-cpu-3-amd64': the words typed belong to no key that signed it\n"
            "hint: type them as they stand on the paper that came from the people who built the bundle, not with it\n");
}

TEST(FirstTrust, WordsOfAKeyThatDidNotSignAreNothing) {
  Words words;
  words.put_key_beside(test::second_key(), "other.pub");
  TypingConsole console({});
  EXPECT_EQ(test::error_of([&] { establish_trust(words.candidate(), std::nullopt, KeptState(words.site.surroundings()), console); }),
            "error: cannot trust 'lab-cpu-3-amd64': no key that signed it lies beside it, so there is nothing to compare words with\n"
            "hint: give --trust FILE with a key that did not come with the bundle\n");
}

TEST(FirstTrust, TypedWordsAreComparedAsPeopleTypeThem) {
  EXPECT_EQ(normal_words("  Able-BAKER\tcharlie,  dog\r\n"), "able baker charlie dog");
}

}  // namespace
}  // namespace rootcellar
