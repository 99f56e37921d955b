// A job step: what it gives the API server, what it waits for, and what it says when the job failed, is another's, or lacks its Secret.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/actions/actions.h"
#include "installer/run/job_object.h"
#include "tests/support/memory_host.h"

namespace rootcellar::test {
namespace {

/// Keeps what is said beside the progress itself.
class Heard : public Progress {
 public:
  void begin(std::string_view, std::uint64_t, bool) noexcept override {}
  void advance(std::uint64_t) noexcept override {}
  void end() noexcept override {}
  void note(std::string_view) noexcept override {}
  void warn(std::string_view line) noexcept override { text += cat(line, "\n"); }
  void event(std::string_view, const JsonValue&) noexcept override {}

  std::string text;
};

RunJob migrate() {
  RunJob job{.name = "migrate", .space = "lab", .image = "docker.io/lab/web:1", .argv = {"/bin/migrate", "up"}};
  job.environment = {{"PASSWORD", "", "db", "password"}, {"HOST", "${answers.host}", "", ""}};
  job.account = "runner";
  job.values = {{"answers.host", "db.lab"}};
  return job;
}

class Jobs : public ::testing::Test {
 protected:
  Jobs() {
    host_.add_file(k_admin_kubeconfig, "a kubeconfig");
    host_.set_tool("/usr/local/bin/kubectl", [this](MemoryHost&, const ToolCall& call) { return kubectl(call); });
  }

  ToolResult kubectl(const ToolCall& call) {
    const std::string& verb = call.argv.at(3);
    const std::string target = call.argv.size() > 4 ? call.argv[4] : "";
    if (verb == "create") said_ += cat("create ", target == "namespace" ? call.argv[5] : call.input, "\n");
    if (verb == "delete") said_ += cat("delete ", target, " ", call.argv.at(5), "\n"), job_.clear();
    if (verb == "exec") return {.exit_code = probe_says_ ? 0 : 1};
    if (verb == "create" && target != "namespace") job_ = with_end(call.input, end_);
    if (verb == "logs") hidden_ = call.secrets;
    if (verb == "logs") return {.output = "connecting\nthe password is hunter2\n"};
    if (target == "secret/db") return {.output = secret_};
    if (target == "job/migrate") return {.output = job_};
    if (target == "namespace") return {.output = "namespace/lab\n"};
    return {.output = R"({"items":[]})"};
  }

  static std::string with_end(const std::string& object, const std::string& type) {
    JsonValue json = parse_json(object, "job");
    json.set("status", parse_json(cat(R"({"conditions":[{"type":")", type,
                                      R"(","status":"True","reason":"BackoffLimitExceeded","message":"it ended badly"}]})"),
                                  "status"));
    return json.dump();
  }

  std::string run(const RunJob& job) {
    Step step{"deploy-migrate", "run the job", "", job};
    try {
      do_step(step, context_);
      return probe_step(step, context_) == ProbeResult::already ? "done" : "not so";
    } catch (const Error& error) {
      return cat(error.message(), "\n", error.hint());
    }
  }

  MemoryHost host_;
  Heard heard_;
  RunContext context_{.host = host_, .progress = heard_};
  std::string said_, job_, end_ = "Complete";
  std::string secret_ = R"({"kind":"Secret","data":{"password":"aHVudGVyMg=="}})";
  std::vector<std::string> hidden_;
  bool probe_says_ = false;
};

TEST_F(Jobs, AreMadeAndWaitedFor) {
  EXPECT_EQ(run(migrate()), "done");
  EXPECT_EQ(said_, cat(R"(create {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"migrate","namespace":"lab",)",
                       R"("labels":{"app.kubernetes.io/managed-by":"rootcellar"},"annotations":{"rootcellar/identity":")",
                       job_identity(migrate()).named(),
                       R"("}},"spec":{"backoffLimit":0,"template":{"metadata":{"labels":{"app.kubernetes.io/managed-by":"rootcellar"}},)",
                       R"("spec":{"restartPolicy":"Never","serviceAccountName":"runner","containers":[{"name":"job",)",
                       R"("image":"docker.io/lab/web:1","imagePullPolicy":"IfNotPresent","command":["/bin/migrate","up"],"env":[)",
                       R"({"name":"PASSWORD","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}},)",
                       R"({"name":"HOST","value":"db.lab"}]}]}}}})", "\n"));
  EXPECT_EQ(hidden_, (std::vector<std::string>{"hunter2"}));  // what it wrote went into the log without
}

// A stop between a job's good end and our own record of it.
TEST_F(Jobs, ThatSucceededAreNotRunAgain) {
  job_ = with_end(job_object(migrate(), {"", "db.lab"}).dump(), "Complete");
  EXPECT_EQ(run(migrate()), "done");
  EXPECT_EQ(said_, "");
}

TEST_F(Jobs, OfAnotherBundleAreReplaced) {
  RunJob former = migrate();
  former.digest = sha256(as_bytes("other content under the same tag"));
  job_ = with_end(job_object(former, {"", "db.lab"}).dump(), "Complete");
  EXPECT_EQ(run(migrate()), "done");
  EXPECT_TRUE(said_.starts_with("delete job migrate\ncreate {")) << said_;
  EXPECT_EQ(heard_.text, "");
}

TEST_F(Jobs, ThatFailedBeforeAreToldAndReplaced) {
  job_ = with_end(job_object(migrate(), {"", "db.lab"}).dump(), "Failed");
  EXPECT_EQ(run(migrate()), "done");
  EXPECT_TRUE(said_.starts_with("delete job migrate\ncreate {")) << said_;
  EXPECT_EQ(heard_.text,
            "job 'migrate' of an earlier try failed: BackoffLimitExceeded: it ended badly; it is run again\n"
            "job 'migrate' wrote: connecting\njob 'migrate' wrote: the password is ***\n");
}

TEST_F(Jobs, ThatFailSayWhyWithTheirLastLines) {
  end_ = "Failed";
  EXPECT_EQ(run(migrate()),
            "cannot wait for 'job/migrate' in namespace 'lab': failed: BackoffLimitExceeded: it ended badly\n"
            "to look closer: kubectl --kubeconfig /etc/kubernetes/admin.conf get pods,events --namespace lab");
  EXPECT_EQ(heard_.text, "job 'migrate' wrote: connecting\njob 'migrate' wrote: the password is ***\n");
}

TEST_F(Jobs, OfOthersAreNotTouched) {
  job_ = R"({"kind":"Job","metadata":{"name":"migrate"}})";
  EXPECT_EQ(run(migrate()),
            "cannot run job 'migrate' in namespace 'lab': a job of this name is there that was not made here\n"
            "delete it if nobody needs it, or give the deployment another name");
  Step step{"deploy-migrate", "", "", migrate()};
  undo_step(step, JsonValue::object(), context_, false);
  EXPECT_EQ(said_, "");
}

TEST_F(Jobs, NeedTheirSecret) {
  secret_ = R"({"kind":"Secret","data":{"user":"YQ=="}})";
  const std::string missing =
      "cannot run job 'migrate': expected the Secret 'db' with the key 'password' in namespace 'lab', found none\n"
      "what makes it has to come before the job";
  EXPECT_EQ(run(migrate()), missing);
  secret_.clear();
  EXPECT_EQ(run(migrate()), missing);
  EXPECT_EQ(said_, "");
}

TEST_F(Jobs, AreRunWhenTheirProbeSaysSo) {
  RunJob job = migrate();
  job.target = "deployment/db";
  job.probe = {"test", "-e", "/migrated"};
  job_ = with_end(job_object(job, {"", "db.lab"}).dump(), "Complete");
  EXPECT_EQ(run(job), "not so");  // by a probe that never says yes
  EXPECT_TRUE(said_.starts_with("delete job migrate\ncreate {")) << said_;
  probe_says_ = true;
  said_.clear();
  EXPECT_EQ(run(job), "done");
  EXPECT_EQ(said_, "");
}

TEST(JobIdentity, IsAboutWhatIsRun) {
  const auto differs = [](auto change) {
    RunJob job = migrate();
    change(job);
    return job_identity(job) != job_identity(migrate());
  };
  EXPECT_TRUE(differs([](RunJob& job) { job.argv.emplace_back("now"); }));
  EXPECT_TRUE(differs([](RunJob& job) { job.image = "docker.io/lab/web:2"; }));
  EXPECT_TRUE(differs([](RunJob& job) { job.digest = sha256(as_bytes("x")); }));
  EXPECT_TRUE(differs([](RunJob& job) { job.environment[0].key = "other"; }));
  EXPECT_TRUE(differs([](RunJob& job) { job.values[0].value = "db2.lab"; }));
  EXPECT_FALSE(differs([](RunJob& job) { job.time_limit = 5; }));
  EXPECT_FALSE(differs([](RunJob& job) { job.attempts = 5; }));
}

}  // namespace
}  // namespace rootcellar::test
