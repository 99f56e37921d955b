// What a site has to decide and has not: one question after the other, each with a proposal that the machine's facts suggest.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "installer/plan/plan.h"

namespace rootcellar {

struct Question {
  std::string key;                     ///< of the answers file: "lan.domain", "values.site-name"
  std::string about;                   ///< what it is for, a sentence
  std::string label;                   ///< before what is typed: "the name that people type"
  std::string proposal{};              ///< what an empty line takes; empty: something must be typed
  std::vector<std::string> choices{};  ///< of which one is typed, or its number from 1
  bool is_path = false;                ///< of a file on this machine: an answers file has it from its folder, a person from theirs
};

/// The first question that `answers` leave open and that is not among `asked`; nothing when all is said.
std::optional<Question> next_question(const Header& header, const Index& index, const Facts& facts, const Answers& answers,
                                      const JoinTicket* join, const std::set<std::string>& asked);

/// What was typed, in `answers`. InputError in the words of the answers file.
void take_answer(const Question& question, std::string_view typed, Answers& answers);

/// The last addresses of `network` for a load balancer, without those that this machine knows to be taken: "192.0.2.244-192.0.2.254"; empty
/// when there is no room.
std::string proposed_range(const std::string& network, const Facts& facts);

}  // namespace rootcellar
