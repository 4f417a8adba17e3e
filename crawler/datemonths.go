package crawler

// monthAbroad returns the month that a word names in the other languages of
// international sites, 0 for none. English and Russian are in monthOf, and the
// "ago" that is August in the south is told from the English one by its place.
func monthAbroad(word string) int {
	switch word {
	case "januar", "januari", "jänner", "janvier", "janv", "enero", "ene", "gennaio", "gen", "janeiro", "stycznia", "styczeń", "stycz", "січня", "січень", "ledna", "leden", "ocak", "ianuarie", "ian", "január", "ιανουαρίου", "tammikuuta", "tammi", "sty", "oca", "січ", "januára", "януари":
		return 1
	case "februar", "februari", "février", "févr", "febrero", "febbraio", "fevereiro", "fev", "lutego", "luty", "лютого", "лютий", "února", "únor", "şubat", "februarie", "február", "φεβρουαρίου", "helmikuuta", "lut", "şub", "лют", "februára", "февруари":
		return 2
	case "märz", "mrz", "mär", "mars", "marts", "marzo", "março", "maart", "mrt", "marca", "marzec", "березня", "березень", "března", "březen", "mart", "martie", "március", "márc", "μαρτίου", "maaliskuuta", "maret", "берез":
		return 3
	case "avril", "avr", "abril", "abr", "aprile", "kwietnia", "kwiecień", "квітня", "квітень", "dubna", "duben", "nisan", "aprilie", "április", "ápr", "απριλίου", "huhtikuuta", "kwi", "nis", "квіт", "apríla":
		return 4
	case "mai", "maj", "mayo", "maggio", "mag", "maio", "mei", "maja", "травня", "травень", "května", "květen", "mayıs", "május", "máj", "μαΐου", "toukokuuta", "трав", "mája":
		return 5
	case "juni", "juin", "junio", "giugno", "giu", "junho", "czerwca", "czerwiec", "червня", "червень", "června", "červen", "haziran", "iunie", "június", "jún", "ιουνίου", "kesäkuuta", "cze", "haz", "черв", "júna", "юни":
		return 6
	case "juli", "juillet", "juil", "julio", "luglio", "lug", "julho", "lipca", "lipiec", "липня", "липень", "července", "červenec", "temmuz", "iulie", "július", "júl", "ιουλίου", "heinäkuuta", "lip", "tem", "júla", "юли", "iul":
		return 7
	case "août", "aout", "agosto", "augustus", "augusti", "sierpnia", "sierpień", "серпня", "серпень", "srpna", "srpen", "ağustos", "augusztus", "αυγούστου", "elokuuta", "sie", "ağu", "серп", "agustus", "agu":
		return 8
	case "septembre", "septiembre", "settembre", "set", "setembro", "września", "wrzesień", "вересня", "вересень", "září", "eylül", "septembrie", "szeptember", "szept", "σεπτεμβρίου", "syyskuuta", "wrz", "eyl", "верес", "septembra", "септември":
		return 9
	case "oktober", "okt", "octobre", "octubre", "ottobre", "ott", "outubro", "out", "października", "październik", "жовтня", "жовтень", "října", "říjen", "ekim", "octombrie", "október", "οκτωβρίου", "lokakuuta", "paź", "eki", "жовт", "októbra", "октомври":
		return 10
	case "novembre", "noviembre", "novembro", "kasım", "kas", "noiembrie", "noi", "novembra", "ноември", "νοεμβρίου", "marraskuuta":
		return 11
	case "listopada", "listopad", "lis", "листопада", "листопад", "лист": // October in Croatian, which is left out
		return 11
	case "dezember", "dez", "décembre", "déc", "diciembre", "dic", "dicembre", "dezembro", "desember", "des", "grudnia", "grudzień", "грудня", "грудень", "prosince", "prosinec", "aralık", "decembrie", "δεκεμβρίου", "joulukuuta", "gru", "ara", "груд", "decembra", "декември":
		return 12
	}
	return 0
}
