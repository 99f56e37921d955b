// Fills the table of health from health.json. Without it, the page says where that file is.
"use strict";

function cell(row, text, kind) {
  const made = row.insertCell();
  made.textContent = text;
  if (kind) made.className = kind;
}

function showDates(dates) {
  const body = document.getElementById("dates-rows");
  if (!body || !dates || dates.length === 0) return;
  body.replaceChildren();
  for (const date of dates) {
    const row = body.insertRow();
    cell(row, date.what);
    cell(row, date.day, date.good ? "" : "bad");
  }
}

// Both times are the appliance's: this device's clock may be another.
function age(health, reply) {
  return Math.round((Date.parse(reply.headers.get("Date")) - Date.parse(health.time)) / 60000);
}

function show(health, minutes) {
  const body = document.getElementById("health-rows");
  body.replaceChildren();
  for (const part of health.parts) {
    const row = body.insertRow();
    cell(row, part.name);
    cell(row, part.good ? "well" : "not well", part.good ? "good" : "bad");
    cell(row, part.state);
  }
  const bad = health.parts.filter((part) => !part.good).length;
  document.getElementById("health-summary").textContent =
    (bad === 0 ? "All is well" : bad === 1 ? "One part is not well" : bad + " parts are not well") + ". Looked at " + health.time +
    (minutes > 3 ? ", " + minutes + " minutes ago: this is not looked after any more." : ".");
  document.getElementById("health-table").hidden = false;
  showDates(health.dates);
}

async function refresh() {
  try {
    const reply = await fetch("health.json", { cache: "no-store" });
    if (!reply.ok) throw new Error("status " + reply.status);
    const health = await reply.json();
    show(health, age(health, reply));
  } catch (fault) {
    document.getElementById("health-summary").textContent = "The state of the parts could not be read (" + fault.message + ").";
  }
}

refresh();
setInterval(refresh, 30000);
