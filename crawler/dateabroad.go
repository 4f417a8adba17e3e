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
	case "heute", "hoy", "oggi", "hoje", "vandaag", "dzisiaj", "dziś", "сьогодні", "bugün", "idag", "dnes", "astăzi", "azi", "aujourd'hui", "aujourd’hui", "tänään", "hari-ini":
		return "today", true
	case "gestern", "hier", "ayer", "ieri", "ontem", "gisteren", "wczoraj", "вчора", "dün", "igår", "včera", "eilen", "tegnap", "kemarin":
		return "yesterday", true
	case "vor", "hace", "há", "acum", "před", "för", "for", "temu", "тому", "geleden", "fa", "atrás", "önce", "sedan", "siden", "sitten", "pred", "ezelőtt", "πριν", "lalu", "trước":
		return "ago", true
	case "ein", "eine", "einem", "einer", "un", "une", "una", "uno", "um", "uma", "een", "één", "en", "ett", "et", "bir", "jeden", "jedną", "один", "одну", "egy", "ένα", "έναν", "μία", "μια", "satu", "một":
		return "one", true
	}
	return unitAbroad(word)
}

// unitAbroad knows the units of time by the beginnings of their words.
func unitAbroad(word string) (string, bool) {
	switch word { // too short to be told by how they begin
	case "ora", "ore", "uur", "hora", "horas", "saat", "óra", "std", "stdn", "ώρα", "ώρες", "jam", "giờ":
		return "hour", true
	case "tag", "tage", "tagen", "dag", "dage", "dager", "dagar", "dagen", "gün", "dia", "dias", "día", "días", "dni", "dzień", "dny", "днів", "дні", "zi", "zile", "nap", "dňami", "dňom", "ημέρα", "ημέρες", "μέρα", "μέρες", "hari", "ngày", "giorno", "giorni", "jour", "jours", "päivä", "päivää":
		return "day", true
	case "ay", "mes", "mês", "mesi", "mese", "meses", "mois", "lună", "luni", "hónap", "μήνα", "μήνες", "bulan", "tháng":
		return "month", true
	case "an", "ans", "ani", "año", "años", "ano", "anos", "anno", "anni", "jaar", "jahr", "jahre", "jahren", "år", "yıl", "rok", "rokiem", "lata", "lat", "lety", "roky", "рік", "роки", "років", "année", "années", "vuosi", "vuotta", "rokem", "rokom", "rokmi", "év", "χρόνο", "χρόνια", "έτος", "έτη", "tahun", "năm":
		return "year", true
	case "uke", "uker", "uge", "uger", "semana", "semanas", "hét", "minggu", "tuần":
		return "week", true
	}
	for _, u := range [...]struct{ begin, english string }{
		{"sekund", "second"}, {"segundo", "second"}, {"second", "second"}, {"saniye", "second"},
		{"minut", "minute"}, {"хвилин", "minute"}, {"dakika", "minute"}, {"minút", "minute"}, {"λεπτ", "minute"}, {"menit", "minute"}, {"phút", "minute"}, {"perc", "minute"},
		{"stunde", "hour"}, {"heure", "hour"}, {"godzin", "hour"}, {"годин", "hour"}, {"timme", "hour"}, {"timma", "hour"}, {"time", "hour"}, {"hodin", "hour"}, {"tunti", "hour"}, {"tuntia", "hour"},
		{"woche", "week"}, {"semaine", "week"}, {"settiman", "week"}, {"weken", "week"}, {"tydzień", "week"}, {"tygodni", "week"}, {"тижд", "week"}, {"тижн", "week"}, {"hafta", "week"}, {"veck", "week"}, {"týdn", "week"}, {"săptăm", "week"}, {"viikko", "week"}, {"týžd", "week"}, {"εβδομάδ", "week"},
		{"monat", "month"}, {"maand", "month"}, {"miesi", "month"}, {"місяц", "month"}, {"månad", "month"}, {"måned", "month"}, {"měsíc", "month"}, {"kuukau", "month"}, {"mesiac", "month"},
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
	return isLabelAbroad(word)
}

// isLabelAbroad knows the words that pages write before the day of a review or
// of its change. Those of a visit or a stay are not among them: their day is
// another one.
func isLabelAbroad(word string) bool {
	switch word {
	case "fecha", "comentario", "la-opinión", "última", "ultima", "edición", "modificación", "modifica", "editada", "actualizado", "actualizada",
		"date", "datum", "avis:", "dernière", "modification", "mise", "jour:", "recenserades", "recenserad:", "redigerades", "redigeret", "opinii", "napisana",
		"değerlendirme", "tarihi", "düzenlendi", "aktualisiert", "bewertung", "zuletzt", "bijgewerkt", "beoordeling", "atualizado", "atualizada", "avaliação", "avaliação:",
		"aggiornato", "aggiornata", "recensione", "zaktualizowano", "opublikowano", "uppdaterad", "oppdatert", "opdateret", "anmeldelse", "yang", "από", "năm:":
		return true
	}
	return false
}

// inSingleWords joins and splits what says one thing in two words, or two
// things in one: "il y a", "i går", "un'ora", "полгода", "hónapja".
func inSingleWords(s string) string {
	for _, r := range [...][2]string{
		{"il y a ", "vor "}, {"un'", "un "}, {"un’", "un "}, {"i går", "igår"}, {"i dag", "idag"}, {"полгода", "6 месяцев"},
		{"hónapja", "hónap ezelőtt"}, {"éve", "év ezelőtt"}, {"hete", "hét ezelőtt"}, {"napja", "nap ezelőtt"}, {"órája", "óra ezelőtt"}, {"perce", "perc ezelőtt"},
		{"setahun", "satu tahun"}, {"sebulan", "satu bulan"}, {"seminggu", "satu minggu"}, {"sehari", "satu hari"},
	} {
		if strings.Contains(s, r[0]) {
			s = strings.ReplaceAll(s, r[0], r[1])
		}
	}
	return s
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
	// agoEast is a relative date in Chinese, Japanese, Korean or Thai: 3 天前, 2か月前, 3일 전.
	agoEast = regexp.MustCompile(`^(\d+|한|일|一)\s*(秒|分钟|分鐘|分|小时|小時|個小時|个小时|時間|天|日|周|週間|週|个星期|個星期|星期|个月|個月|か月|ヶ月|カ月|ヵ月|月|年|초|분|시간|일|주일|주|개월|달|년|วินาที|นาที|ชั่วโมง|วัน|สัปดาห์|เดือน|ปี)\s*(?:之?前|전|ที่แล้ว|ที่ผ่านมา|ก่อน)(?:に?(?:編集|更新|投稿)|에 (?:수정|작성)됨)?$`)
	// dayEast is a date there: 2025年9月17日, 2025년 9월 17일; in Vietnam 17 tháng 9, 2025.
	dayEast  = regexp.MustCompile(`(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?`)
	dayViet  = regexp.MustCompile(`(\d{1,2}) tháng (\d{1,2}),? (?:năm )?(\d{4})`)
	nearEast = regexp.MustCompile(`^(今日|今天|오늘|昨日|昨天|어제)\s*`)
	// labelEast are the words around the day of a review or of its change; those
	// of a visit are not among them.
	labelEast = regexp.MustCompile(`^(?:口コミ|クチコミ|レビュー|리뷰)?\s*(?:最終編集|最終更新|編集日|最近修改|上次编辑|上次編輯|投稿日|评论时间|点评时间|评价日期|評論日期|撰写于|写于|发布于|撰寫於|發佈於|작성일|수정일|최종 수정|작성)\s*[:：]?\s*|\s*(?:に?投稿(?:済み)?|发布|發佈|撰写|点评|评论|작성)$`)
	// frenchHour is 14h30.
	frenchHour = regexp.MustCompile(`\b(\d{1,2})h(\d{2})\b`)
)

// eastern rewrites a date of East Asia in English words or as ISO 8601; other
// dates come back as they are.
func eastern(s string) string {
	if isASCII(s) {
		return s // most dates, and regular expressions cost more than reading them
	}
	s = labelEast.ReplaceAllString(strings.TrimSpace(s), "")
	if m := agoEast.FindStringSubmatch(s); m != nil {
		return strings.NewReplacer("한", "1", "일", "1", "一", "1").Replace(m[1]) + " " + unitEast(m[2]) + " ago"
	}
	if m := nearEast.FindStringSubmatch(s); m != nil {
		return nearDayEast(m[1]) + " " + s[len(m[0]):]
	}
	return dayViet.ReplaceAllString(dayEast.ReplaceAllString(s, "$1-$2-$3"), "$3-$2-$1")
}

// nearDayEast says today or yesterday in English.
func nearDayEast(word string) string {
	switch word {
	case "今日", "今天", "오늘":
		return "today"
	}
	return "yesterday"
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
	case "秒", "초", "วินาที":
		return "second"
	case "分钟", "分鐘", "分", "분", "นาที":
		return "minute"
	case "小时", "小時", "個小時", "个小时", "時間", "시간", "ชั่วโมง":
		return "hour"
	case "天", "日", "일", "วัน":
		return "day"
	case "周", "週間", "週", "个星期", "個星期", "星期", "주", "주일", "สัปดาห์":
		return "week"
	case "年", "년", "ปี":
		return "year"
	}
	return "month"
}
