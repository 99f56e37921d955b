#include "builder/source/http.h"

#include <curl/curl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <exception>
#include <map>

#include "builder/source/ca_bundle.h"
#include "builder/source/http_failure.h"
#include "builder/source/http_rules.h"
#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/parallel.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_error_body = std::size_t{64} << 10;
constexpr std::size_t k_headers = 500;
/// A try that moved this much was no failure to get through: it does not count against the retries.
constexpr std::uint64_t k_real_progress = std::uint64_t{1} << 20;

void require_ok(CURLcode code) {
  if (code != CURLE_OK) throw SystemError(cat("cannot prepare a transfer: ", curl_easy_strerror(code)));
}

template <typename Value>
void set(CURL* curl, CURLoption option, Value value) {
  require_ok(curl_easy_setopt(curl, option, value));
}

template <typename Value>
Value info(CURL* curl, CURLINFO which) {
  Value value{};
  curl_easy_getinfo(curl, which, &value);
  return value;
}

std::string host_of(const char* url) {
  const std::optional<Url> parts = parse_url(url == nullptr ? "" : url);
  return parts ? parts->host : std::string("the server");
}

TransferFault fault_of(CURLcode code) {
  switch (static_cast<int>(code)) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return TransferFault::no_address;
    case CURLE_COULDNT_RESOLVE_PROXY:
      return TransferFault::no_proxy_address;
    case CURLE_COULDNT_CONNECT:
      return TransferFault::no_connection;
    case CURLE_OPERATION_TIMEDOUT:
      return TransferFault::timeout;
    case CURLE_GOT_NOTHING:
      return TransferFault::no_answer;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP2:
      return TransferFault::cut;
    case CURLE_PEER_FAILED_VERIFICATION:
      return TransferFault::certificate;
    case CURLE_SSL_CACERT_BADFILE:
      return TransferFault::ca_file;
    case CURLE_SSL_CONNECT_ERROR:
      return TransferFault::tls;
    case CURLE_TOO_MANY_REDIRECTS:
      return TransferFault::redirects;
    case CURLE_UNSUPPORTED_PROTOCOL:
      return TransferFault::other_protocol;
    default:
      return TransferFault::other;
  }
}

TransferFailure describe(CURL* curl, CURLcode code, std::string_view text, std::uint64_t position, const HttpSettings& settings) {
  TransferFacts facts;
  facts.fault = fault_of(code);
  facts.host = host_of(info<const char*>(curl, CURLINFO_EFFECTIVE_URL));
  facts.text = text.empty() ? curl_easy_strerror(code) : text;
  facts.os_error = static_cast<int>(info<long>(curl, CURLINFO_OS_ERRNO));
  facts.verify_result = info<long>(curl, CURLINFO_SSL_VERIFYRESULT);
  facts.proxy_status = static_cast<int>(info<long>(curl, CURLINFO_HTTP_CONNECTCODE));
  facts.connected = info<curl_off_t>(curl, CURLINFO_PRETRANSFER_TIME_T) > 0;
  facts.position = position;
  const auto length = info<curl_off_t>(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  const auto rest = length - info<curl_off_t>(curl, CURLINFO_SIZE_DOWNLOAD_T);
  if (length >= 0) facts.whole = position + static_cast<std::uint64_t>(std::max<curl_off_t>(rest, 0));
  facts.connect_timeout = settings.connect_timeout;
  facts.stall_timeout = settings.stall_timeout;
  return describe_failure(facts);
}

void wait_milliseconds(std::uint64_t delay) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(delay);
  for (auto now = std::chrono::steady_clock::now(); now < until; now = std::chrono::steady_clock::now()) {
    poll_interrupt();
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(until - now).count() + 1;
    poll(nullptr, 0, static_cast<int>(std::min<long>(rest, 100)));
  }
}

}  // namespace

struct HttpClient::State {
  HttpSettings settings;
  Mirrors mirrors;
  std::string ca_bundle;             ///< path
  std::string ca_text;               ///< PEM, when --ca-file was given
  Guarded<std::vector<CURL*>> idle;  ///< handles keep their connections open between transfers
  Guarded<std::map<std::string, std::pair<std::string, std::int64_t>>> authorizations;  ///< by scope, with the end of its time

  CURL* take() {
    CURL* curl = idle.with([](std::vector<CURL*>& handles) {
      CURL* last = handles.empty() ? nullptr : handles.back();
      if (last != nullptr) handles.pop_back();
      return last;
    });
    if (curl == nullptr) curl = curl_easy_init();
    if (curl == nullptr) throw SystemError("cannot prepare a transfer: out of memory");
    return curl;
  }
  void give_back(CURL* curl) noexcept {
    curl_easy_reset(curl);
    idle.with([&](std::vector<CURL*>& handles) { handles.push_back(curl); });
  }
};

namespace {

/// One GET with its retries. libcurl holds its address, so it stays where it is.
class Transfer {
 public:
  Transfer(CURL* curl, const HttpSettings& settings, const HttpRequest& request, std::string url, Sink& body,
           const std::function<void()>& restart)
      : curl_(curl),
        settings_(settings),
        request_(request),
        url_(std::move(url)),
        body_(body),
        restart_(restart),
        position_(request.offset) {}
  ~Transfer() { curl_slist_free_all(headers_); }
  Transfer(const Transfer&) = delete;

  void use_ca(const std::string& bundle, const std::string& text) {
    if (!bundle.empty()) set(curl_, CURLOPT_CAINFO, bundle.c_str());
    if (text.empty()) return;
    curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};  // libcurl only reads it
    set(curl_, CURLOPT_CAINFO_BLOB, &blob);
  }

  HttpResponse run() {
    prepare();
    for (unsigned attempt = 0;; ++attempt) {
      const std::uint64_t before = position_;
      const std::optional<TransferFailure> failure = attempt_once();
      if (!failure && !is_transient_status(response_.status) && !start_over()) return std::move(response_);
      if (failure && !failure->transient) give_up(*failure);
      if (position_ >= before + k_real_progress) attempt = 0;
      if (!wait_for_next(attempt, failure)) {
        if (failure) give_up(*failure);
        return std::move(response_);
      }
    }
  }

 private:
  void prepare() {
    set(curl_, CURLOPT_URL, url_.c_str());
    set(curl_, CURLOPT_NOSIGNAL, 1L);
    set(curl_, CURLOPT_USERAGENT, "rootcellar/" ROOTCELLAR_VERSION);
    set(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
    set(curl_, CURLOPT_REDIR_PROTOCOLS_STR, url_.starts_with("https:") ? "https" : "http,https");
    set(curl_, CURLOPT_FOLLOWLOCATION, request_.follow && request_.form.empty() ? 1L : 0L);
    set(curl_, CURLOPT_MAXREDIRS, k_redirect_limit);
    set(curl_, CURLOPT_CONNECTTIMEOUT, static_cast<long>(settings_.connect_timeout));
    set(curl_, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(curl_, CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.stall_timeout));
    set(curl_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(curl_, CURLOPT_ERRORBUFFER, error_text_.data());
    if (request_.head) set(curl_, CURLOPT_NOBODY, 1L);
    if (!request_.form.empty()) set(curl_, CURLOPT_POSTFIELDS, request_.form.c_str());
    prepare_callbacks();
    for (const std::string& header : request_.headers) add_header(header);
    set(curl_, CURLOPT_HTTPHEADER, headers_);
  }

  void prepare_callbacks() {
    set(curl_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(curl_, CURLOPT_WRITEDATA, this);
    set(curl_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(curl_, CURLOPT_HEADERDATA, this);
    set(curl_, CURLOPT_XFERINFOFUNCTION, &Transfer::on_tick);
    set(curl_, CURLOPT_XFERINFODATA, this);
    set(curl_, CURLOPT_NOPROGRESS, 0L);
  }

  void add_header(const std::string& header) {
    curl_slist* longer = curl_slist_append(headers_, header.c_str());
    if (longer == nullptr) throw SystemError("cannot prepare a transfer: out of memory");
    headers_ = longer;
  }

  /// Nothing: there is a whole answer in response_.
  std::optional<TransferFailure> attempt_once() {
    response_ = {};
    begun_ = error_body_full_ = false;
    error_text_[0] = '\0';
    const std::string range = cat(position_, "-");
    set(curl_, CURLOPT_RANGE, position_ > 0 ? range.c_str() : nullptr);
    const CURLcode code = curl_easy_perform(curl_);
    poll_interrupt();
    if (thrown_) std::rethrow_exception(thrown_);
    if (code != CURLE_OK && !error_body_full_) return describe(curl_, code, error_text_.data(), position_, settings_);
    if (!begun_) begin_body();
    return std::nullopt;
  }

  /// 416 says that what is there already is longer than the thing itself: take it from the start, once.
  bool start_over() {
    if (response_.status != 416 || position_ == 0 || !restart_) return false;
    restart_();
    position_ = 0;
    return true;
  }

  /// False when it is no use to try again. Starting over after 416 waits for nothing.
  bool wait_for_next(unsigned attempt, const std::optional<TransferFailure>& failure) {
    if (!failure && response_.status == 416) return true;
    std::optional<std::uint64_t> asked;
    if (const auto seconds = info<curl_off_t>(curl_, CURLINFO_RETRY_AFTER); seconds > 0) asked = static_cast<std::uint64_t>(seconds);
    const std::optional<std::uint64_t> delay = retry_delay(attempt, settings_.retry_delay, asked);
    if (attempt >= settings_.retries || !delay) return false;
    if (settings_.on_retry) {
      const std::string reason = failure ? failure->reason : cat("the server answers ", status_text(response_.status));
      settings_.on_retry(cat(subject(), ": ", reason, "; trying again in ", human_duration((*delay + 999) / 1000)));
    }
    wait_milliseconds(*delay);
    return true;
  }

  std::string subject() const {
    const std::string asked = cat("cannot fetch '", shown_url(request_.url), "'");
    return url_ == request_.url ? asked : cat(asked, " from its mirror '", shown_url(url_), "'");
  }

  [[noreturn]] void give_up(const TransferFailure& failure) const {
    const std::string message = cat(subject(), ": ", failure.reason);
    if (failure.no_tls) throw NoTlsError(message, failure.hint);
    throw SystemError(message, failure.hint);
  }

  void begin_body() {
    begun_ = true;
    response_.status = static_cast<int>(info<long>(curl_, CURLINFO_RESPONSE_CODE));
    if (const char* url = info<const char*>(curl_, CURLINFO_EFFECTIVE_URL); url != nullptr) response_.final_url = url;
    if (!successful()) return;
    if (request_.on_answer) request_.on_answer(response_);
    if (response_.status == 206) return check_range();
    if (position_ == 0) return;
    if (!restart_) throw SystemError(cat(subject(), ": the server cannot continue at byte ", position_));
    restart_();
    position_ = 0;
  }

  bool successful() const { return response_.status >= 200 && response_.status < 300; }

  void check_range() const {
    const std::optional<std::uint64_t> first = content_range_first(response_.header("content-range").value_or(""));
    if (first == position_) return;
    throw InputError(cat(subject(), ": asked for the bytes from ", position_, ", the server sent ",
                         first ? cat("those from ", *first) : std::string("a part it does not name")));
  }

  void take(ByteView bytes) {
    if (!begun_) begin_body();
    if (!successful()) return keep_error_body(bytes);
    if (bytes.size() > request_.size_limit - std::min(position_, request_.size_limit)) {
      throw InputError(cat(subject(), ": it is larger than the limit of ", human_size(request_.size_limit)));
    }
    body_.write(bytes);
    position_ += bytes.size();
  }

  void keep_error_body(ByteView bytes) {
    const std::size_t room = k_error_body - response_.body.size();
    response_.body += as_text(bytes.first(std::min(room, bytes.size())));
    error_body_full_ = bytes.size() >= room;
  }

  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) response_.headers.clear();
    const std::optional<HeaderLine> header = parse_header_line(line);
    if (!header) return;
    if (response_.headers.size() >= k_headers) throw InputError(cat(subject(), ": the server sent more than ", k_headers, " headers"));
    response_.headers.emplace_back(header->name, header->value);
  }

  /// Nothing may be thrown through libcurl's frames: it is kept and thrown again behind them.
  template <typename Action>
  bool guarded(Action&& action) noexcept {
    try {
      action();
      return true;
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t length, void* self_pointer) {
    auto* self = static_cast<Transfer*>(self_pointer);
    const bool taken = self->guarded([&] { self->take(as_bytes(std::string_view(data, length))); });
    return taken && !self->error_body_full_ ? length : CURL_WRITEFUNC_ERROR;
  }
  static std::size_t on_header(char* data, std::size_t, std::size_t length, void* self_pointer) {
    auto* self = static_cast<Transfer*>(self_pointer);
    return self->guarded([&] { self->take_header(std::string_view(data, length)); }) ? length : CURL_WRITEFUNC_ERROR;
  }
  static int on_tick(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return interrupt_requested() ? 1 : 0; }

  CURL* curl_;
  const HttpSettings& settings_;
  const HttpRequest& request_;
  std::string url_;
  Sink& body_;
  const std::function<void()>& restart_;
  std::uint64_t position_;  ///< bytes that are there, counted from the start of the thing
  curl_slist* headers_ = nullptr;
  HttpResponse response_;
  bool begun_ = false;
  bool error_body_full_ = false;
  std::exception_ptr thrown_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
};

}  // namespace

HttpClient::HttpClient(HttpSettings settings, Mirrors mirrors) : state_(std::make_unique<State>()) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);  // once for the process, before any thread
  require_ok(ready);
  CURL* curl = state_->take();
  const char* built_in = info<const char*>(curl, CURLINFO_CAINFO);
  state_->ca_bundle = own_ca_bundle(built_in == nullptr ? "" : built_in);
  state_->give_back(curl);
  state_->ca_text = extended_ca(state_->ca_bundle, settings.ca_file);
  state_->settings = std::move(settings);
  state_->mirrors = std::move(mirrors);
}

HttpClient::~HttpClient() {
  state_->idle.with([](std::vector<CURL*>& handles) { std::ranges::for_each(handles, curl_easy_cleanup); });
}

HttpResponse HttpClient::get(const HttpRequest& request, Sink& body, const std::function<void()>& restart) {
  const std::string url = state_->mirrors.map_url(request.url);
  if (!parse_url(url)) throw InputError(cat("cannot fetch '", shown_url(request.url), "': it is not an http or https URL"));
  struct Lease {
    State& state;
    CURL* curl;
    ~Lease() { state.give_back(curl); }
  } lease{*state_, state_->take()};
  Transfer transfer(lease.curl, state_->settings, request, url, body, restart);
  transfer.use_ca(state_->ca_bundle, state_->ca_text);
  return transfer.run();
}

std::string HttpClient::get_text(const std::string& url, std::size_t limit, const std::vector<std::string>& headers) {
  HttpRequest request{.url = url, .headers = headers, .size_limit = limit};
  MemorySink sink(cat("'", shown_url(url), "'"), limit);
  const HttpResponse response = get(request, sink, [&] { sink.bytes().clear(); });
  if (response.status != 200)
    throw InputError(cat("cannot fetch '", shown_url(url), "': the server answers ", status_text(response.status)));
  return std::string(as_text(sink.bytes()));
}

const Mirrors& HttpClient::mirrors() const { return state_->mirrors; }

std::optional<std::string> HttpClient::remembered(const std::string& scope) const {
  return state_->authorizations.with([&](auto& kept) -> std::optional<std::string> {
    const auto found = kept.find(scope);
    if (found == kept.end() || found->second.second <= std::time(nullptr)) return std::nullopt;
    return found->second.first;
  });
}

void HttpClient::remember(const std::string& scope, std::string authorization, std::int64_t until) {
  state_->authorizations.with([&](auto& kept) { kept[scope] = {std::move(authorization), until}; });
}

}  // namespace rootcellar
