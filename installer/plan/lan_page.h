// What the page for the people of the lab says of this appliance, beyond its names and its trust.
#pragma once

#include <string>

#include "installer/plan/lan_site.h"
#include "installer/portal/page.h"

namespace rootcellar {

/// Links with the site's values in place, whom to ask, what crossed, and the records for another's nameserver.
void complete_page(const PlanInput& input, const LanSite& site, PortalPage& page);
/// A stand-in for the start page that the package nginx puts down and never takes away: it leaves a file alone that is there. Comes before the
/// packages, so that it is taken back after them.
void plan_start_page(const PlanInput& input, Plan& plan);
/// Refusals of links that ask for what nobody says, or for a secret.
void check_page(const PlanInput& input, Plan& plan);
/// Answers that links ask for and nobody gave, each once.
std::vector<std::string> answers_of_links(const PlanInput& input);

/// The zone that another's nameserver takes in; its serial is the time the bundle was made.
std::string records_zone(const LanNames& names, const Header& header);
/// The unit and the timer by which health.json is looked after. Comes after the page, which holds its folder.
void plan_health(Plan& plan);

inline constexpr std::string_view k_health_folder = "/run/rootcellar-health";

}  // namespace rootcellar
