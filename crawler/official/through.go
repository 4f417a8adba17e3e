package official

import "otklik/mention"

// Through names the site whose API answers mentions of a public source, with
// the parameters that have to agree in both; account is empty where there is
// none. It holds only where the public page and the API call a review by the
// same id: Google Play's reviewId by Google's documentation, those of
// Wildberries and Ozon by their form in public clients of both. Apple and
// Google Maps have other ids in public, so an answer could meet the wrong
// review, and there is no way through.
func Through(m mention.Mention) (account string, same []string) {
	switch {
	case m.Source == "google-play":
		return "google-play-console", []string{"app"}
	case m.Source == "wildberries" && !isMade(m.ExternalID):
		return "wildberries-seller", nil
	case m.Source == "ozon" && !isMade(m.ExternalID):
		return "ozon-seller", nil
	}
	return "", nil
}

// isMade reports an id that the crawler made of the review's fields, because
// the page has none.
func isMade(id string) bool { return len(id) > 2 && id[:2] == "h:" }
