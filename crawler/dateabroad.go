package crawler

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// abroad says in English what the words of a relative date are in the other
// languages of international sites. English and Russian stand in datewords.go.
// An empty value is a word that says nothing.
func abroad(word string) (english string, ok bool) {
	switch word {
	case "heute", "hoy", "oggi", "hoje", "vandaag", "dzisiaj", "dziś", "сьогодні", "bugün", "idag", "dnes", "astăzi", "azi", "aujourd'hui", "aujourd’hui", "tänään":
		return "today", true
	case "gestern", "hier", "ayer", "ieri", "ontem", "gisteren", "wczoraj", "вчора", "dün", "igår", "včera", "eilen", "tegnap":
		return "yesterday", true
	case "vor", "hace", "há", "acum", "před", "för", "for", "temu", "тому", "geleden", "fa", "atrás", "önce", "sedan", "siden", "sitten":
		return "ago", true
	case "ein", "eine", "einem", "einer", "un", "une", "una", "uno", "um", "uma", "een", "één", "en", "ett", "et", "bir", "jeden", "jedną", "один", "одну":
		return "one", true
	}
	return unitAbroad(word)
}

// unitAbroad knows the units of time by the beginnings of their words.
func unitAbroad(word string) (string, bool) {
	switch word { // too short to be told by how they begin
	case "ora", "ore", "uur", "hora", "horas", "saat", "óra":
		return "hour", true
	case "tag", "tage", "tagen", "dag", "dage", "dager", "dagar", "dagen", "gün", "dia", "dias", "día", "días", "dni", "dzień", "dny", "днів", "дні", "zi", "zile", "nap", "giorno", "giorni", "jour", "jours", "päivä", "päivää":
		return "day", true
	case "ay", "mes", "mês", "mesi", "mese", "meses", "mois", "lună", "luni":
		return "month", true
	case "an", "ans", "ani", "año", "años", "ano", "anos", "anno", "anni", "jaar", "jahr", "jahre", "jahren", "år", "yıl", "rok", "rokiem", "lata", "lat", "lety", "roky", "рік", "роки", "років", "année", "années", "vuosi", "vuotta":
		return "year", true
	case "uke", "uker", "uge", "uger", "semana", "semanas":
		return "week", true
	}
	for _, u := range [...]struct{ begin, english string }{
		{"sekund", "second"}, {"segundo", "second"}, {"second", "second"}, {"saniye", "second"},
		{"minut", "minute"}, {"хвилин", "minute"}, {"dakika", "minute"},
		{"stunde", "hour"}, {"heure", "hour"}, {"godzin", "hour"}, {"годин", "hour"}, {"timme", "hour"}, {"timma", "hour"}, {"time", "hour"}, {"hodin", "hour"}, {"tunti", "hour"}, {"tuntia", "hour"},
		{"woche", "week"}, {"semaine", "week"}, {"settiman", "week"}, {"weken", "week"}, {"tydzień", "week"}, {"tygodni", "week"}, {"тижд", "week"}, {"тижн", "week"}, {"hafta", "week"}, {"veck", "week"}, {"týdn", "week"}, {"săptăm", "week"}, {"viikko", "week"},
		{"monat", "month"}, {"maand", "month"}, {"miesi", "month"}, {"місяц", "month"}, {"månad", "month"}, {"måned", "month"}, {"měsíc", "month"}, {"kuukau", "month"},
	} {
		if strings.HasPrefix(word, u.begin) {
			return u.english, true
		}
	}
	return "", false
}

// isFillerAbroad knows the words around a date: at, o'clock, written, edited.
func isFillerAbroad(word string) bool {
	switch word {
	case "um", "uhr", "à", "às", "a", "las", "la", "alle", "om", "kl", "klo", "o", "р", "року", "r", "roku", "saat", "dia", "día", "den", "dne", "em", "en", "op", "w", "у", "о",
		"written", "written:", "reviewed:", "verfasst", "bewertet", "geschrieben", "écrit", "avis", "publié", "commentaire", "envoyé", "escrita", "escrito", "opinión", "publicado", "publicada",
		"scritta", "recensito", "in", "data", "feita", "avaliado", "avaliada", "avaliou", "geschreven", "beoordeeld", "skrevet", "skriven", "skrev", "anmeldt", "recenserad", "napisano", "opinia", "z", "dnia", "dodano",
		"bearbeitet", "modifié", "editado", "modificato", "bewerkt", "redigerad", "edytowano", "відгук", "опубліковано", "написано:", "изменён":
		return true
	}
	return false
}

// weekdayAbroad returns 1 for Monday to 7 for Sunday in the other languages of
// international sites, 0 for another word.
func weekdayAbroad(word string) int {
	for i, names := range [...][]string{
		{"montag", "lundi", "lunes", "lunedì", "segunda-feira", "maandag", "poniedziałek", "понеділок", "pazartesi", "måndag", "mandag", "pondělí"},
		{"dienstag", "mardi", "martes", "martedì", "terça-feira", "dinsdag", "wtorek", "вівторок", "salı", "tisdag", "tirsdag", "úterý"},
		{"mittwoch", "mercredi", "miércoles", "mercoledì", "quarta-feira", "woensdag", "środa", "середа", "çarşamba", "onsdag", "středa"},
		{"donnerstag", "jeudi", "jueves", "giovedì", "quinta-feira", "donderdag", "czwartek", "четвер", "perşembe", "torsdag", "čtvrtek"},
		{"freitag", "vendredi", "viernes", "venerdì", "sexta-feira", "vrijdag", "piątek", "п'ятниця", "cuma", "fredag", "pátek"},
		{"samstag", "sonnabend", "samedi", "sábado", "sabato", "zaterdag", "sobota", "субота", "cumartesi", "lördag", "lørdag"},
		{"sonntag", "dimanche", "domingo", "domenica", "zondag", "niedziela", "неділя", "pazar", "söndag", "søndag", "neděle"},
	} {
		if slices.Contains(names, word) {
			return i + 1
		}
	}
	return 0
}

// inEnglish returns the words of a relative date in another language as English
// ones, in their order: "vor zwei Tagen" says its ago first. Words of a date
// that is not relative stay, because "mars" or "set" mean months there.
func inEnglish(words []string) []string {
	out := make([]string, 0, len(words))
	agos := 0
	for _, w := range words {
		english, ok := abroad(w)
		switch {
		case !ok:
			out = append(out, w)
		case english == "ago":
			agos++
		default:
			out = append(out, english)
		}
	}
	if agos > 0 {
		out = append(out, "ago")
	}
	return out
}

// isRelativeAbroad reports that the words say a date relative to today.
func isRelativeAbroad(words []string) bool {
	for _, w := range words {
		if english, ok := abroad(w); ok && (english == "ago" || english == "today" || english == "yesterday") {
			return true
		}
	}
	return false
}

var (
	// agoEast is a relative date in Chinese, Japanese or Korean: 3 天前, 2か月前, 3일 전.
	agoEast = regexp.MustCompile(`^(\d+)\s*(秒|分钟|分鐘|分|小时|小時|個小時|个小时|時間|天|日|周|週間|週|个月|個月|か月|ヶ月|カ月|月|年|초|분|시간|일|주|개월|달|년)\s*(?:之?前|전)$`)
	// dayEast is a date there: 2025年9月17日, 2025년 9월 17일.
	dayEast = regexp.MustCompile(`(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?`)
	// frenchHour is 14h30.
	frenchHour = regexp.MustCompile(`\b(\d{1,2})h(\d{2})\b`)
)

// eastern rewrites a date of East Asia in English words or as ISO 8601; other
// dates come back as they are.
func eastern(s string) string {
	if isASCII(s) {
		return s // most dates, and regular expressions cost more than reading them
	}
	if m := agoEast.FindStringSubmatch(strings.TrimSpace(s)); m != nil {
		return m[1] + " " + unitEast(m[2]) + " ago"
	}
	return dayEast.ReplaceAllString(s, "$1-$2-$3")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func unitEast(word string) string {
	switch word {
	case "秒", "초":
		return "second"
	case "分钟", "分鐘", "分", "분":
		return "minute"
	case "小时", "小時", "個小時", "个小时", "時間", "시간":
		return "hour"
	case "天", "日", "일":
		return "day"
	case "周", "週間", "週", "주":
		return "week"
	case "年", "년":
		return "year"
	}
	return "month"
}
