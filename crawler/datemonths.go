package crawler

// monthAbroad returns the month that a word names in the other languages of
// international sites, 0 for none. English and Russian are in monthOf. The
// Spanish "ago" (August) is left out: in English it ends a relative date.
func monthAbroad(word string) int {
	switch word {
	case "januar", "januari", "jänner", "janvier", "janv", "enero", "ene", "gennaio", "gen", "janeiro", "stycznia", "січня", "ledna", "ocak":
		return 1
	case "februar", "februari", "février", "févr", "febrero", "febbraio", "fevereiro", "fev", "lutego", "лютого", "února", "şubat":
		return 2
	case "märz", "mrz", "mär", "mars", "marts", "marzo", "março", "maart", "mrt", "marca", "березня", "března", "mart":
		return 3
	case "avril", "avr", "abril", "abr", "aprile", "kwietnia", "квітня", "dubna", "nisan":
		return 4
	case "mai", "maj", "mayo", "maggio", "mag", "maio", "mei", "maja", "травня", "května", "mayıs":
		return 5
	case "juni", "juin", "junio", "giugno", "giu", "junho", "czerwca", "червня", "června", "haziran":
		return 6
	case "juli", "juillet", "juil", "julio", "luglio", "lug", "julho", "lipca", "липня", "července", "temmuz":
		return 7
	case "août", "aout", "agosto", "augustus", "augusti", "sierpnia", "серпня", "srpna", "ağustos":
		return 8
	case "septembre", "septiembre", "settembre", "set", "setembro", "września", "вересня", "září", "eylül":
		return 9
	case "oktober", "okt", "octobre", "octubre", "ottobre", "ott", "outubro", "out", "października", "жовтня", "října", "ekim":
		return 10
	case "novembre", "noviembre", "novembro", "kasım":
		return 11
	case "listopada", "листопада": // October in Croatian, which is left out
		return 11
	case "dezember", "dez", "décembre", "déc", "diciembre", "dic", "dicembre", "dezembro", "desember", "des", "grudnia", "грудня", "prosince", "aralık":
		return 12
	}
	return 0
}
