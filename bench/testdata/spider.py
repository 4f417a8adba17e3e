"""The peer: reads the load site with Scrapy and only extracts.

Prints {"reviews", "letters", "cpu"}; cpu is the processor time in seconds from
the spider's first request to its last answer, without Python's start.
"""

import json
import re
import resource
import sys
from datetime import datetime

import scrapy
from scrapy.crawler import CrawlerProcess

FIELDS = ("id", "url", "author", "author_url", "rating", "date", "title")


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Reviews(scrapy.Spider):
    name = "reviews"
    reviews = letters = 0

    def start_requests(self):
        self.begun = cpu()
        yield scrapy.Request(sys.argv[1] + "/reviews/p0/?order=date_desc")

    async def start(self):  # the name in later releases
        for request in self.start_requests():
            yield request

    def parse(self, response):
        for it in response.css("div.item[itemprop=review]"):
            url = it.css("a.review-title::attr(href)").get("")
            found = re.search(r"review_(\d+)", url)
            item = {
                "id": found and found[1],
                "url": url,
                "author": it.css("a.user-login [itemprop=name]::text").get("").strip(),
                "author_url": it.css("a.user-login::attr(href)").get(),
                "rating": float(it.css(".rating-score span::text").get(0)),
                "date": datetime.fromisoformat(it.css(".review-postdate::attr(content)").get("").replace("Z", "+00:00")),
                "title": it.css("a.review-title::text").get("").strip(),
                "text": it.css(".review-teaser::text").get("").strip(),
                "pros": it.css(".review-plus::text").get("").strip(),
                "cons": it.css(".review-minus::text").get("").strip(),
                "comments": int(it.css("[itemprop=commentCount]::text").get(0)),
            }
            if all(item[name] for name in FIELDS):
                self.reviews += 1
                self.letters += sum(len(item[name]) for name in ("text", "pros", "cons"))
        for href in response.css("a.next::attr(href)"):
            yield response.follow(href)

    def closed(self, reason):
        print(json.dumps({"reviews": self.reviews, "letters": self.letters, "cpu": cpu() - self.begun}))


process = CrawlerProcess({"LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "CONCURRENT_REQUESTS": 16})
process.crawl(Reviews)
process.start()
