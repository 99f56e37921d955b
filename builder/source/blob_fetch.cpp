#include "builder/source/blob_fetch.h"

#include "builder/source/http_rules.h"
#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// Passes bytes on to the blob and tells the caller's progress.
class CountingSink final : public Sink {
 public:
  CountingSink(Sink& inner, const std::function<void(std::uint64_t)>& on_bytes) : inner_(inner), on_bytes_(on_bytes) {}
  void write(ByteView bytes) override {
    inner_.write(bytes);
    if (on_bytes_) on_bytes_(bytes.size());
  }

 private:
  Sink& inner_;
  const std::function<void(std::uint64_t)>& on_bytes_;
};

/// One request for what is missing. False when a continued blob came out wrong: its front part may have been the fault.
class FetchOnce {
 public:
  FetchOnce(const BlobFetch& fetch, Cache::Filling& filling, SourceContext& context)
      : fetch_(fetch), filling_(filling), context_(context), continued_(filling.offset() > 0) {}

  bool run() {
    try {
      transfer();
      filling_.commit();
      return true;
    } catch (const InputError&) {
      if (html_) refuse_html();
      if (!continued_ || refused_) throw;
      return false;
    }
  }
  std::optional<std::int64_t> modified() const { return parse_http_date(answer_.header("last-modified").value_or("")); }

 private:
  void transfer() {
    HttpRequest request;
    request.offset = filling_.offset();
    request.on_answer = [this](const HttpResponse& answer) { html_ = is_html(answer.header("content-type").value_or("")); };
    CountingSink sink(filling_, context_.on_bytes);
    answer_ = fetch_.get(std::move(request), sink, [this] { filling_.restart(); });
    if (answer_.status == 200 || answer_.status == 206) return;
    refused_ = true;
    fetch_.refuse(answer_);
    throw InputError(cat(fetch_.what, " cannot be fetched: the server answers ", status_text(answer_.status)));
  }

  [[noreturn]] void refuse_html() {
    filling_.restart();
    throw InputError(cat(fetch_.what, " cannot be fetched: the server sent an HTML page instead"),
                     "a login page or a proxy may stand between; look at the address in a browser");
  }

  const BlobFetch& fetch_;
  Cache::Filling& filling_;
  SourceContext& context_;
  bool continued_;
  bool html_ = false;
  bool refused_ = false;
  HttpResponse answer_;
};

}  // namespace

std::optional<std::int64_t> fetch_into_cache(const BlobFetch& fetch, SourceContext& context) {
  const std::unique_ptr<Cache::Filling> filling = context.cache.fill(fetch.digest, fetch.size, fetch.what);
  if (!filling) return std::nullopt;
  FetchOnce first(fetch, *filling, context);
  if (first.run()) return first.modified();
  filling->restart();
  FetchOnce again(fetch, *filling, context);
  again.run();
  return again.modified();
}

}  // namespace rootcellar
