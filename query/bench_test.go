package query_test

import (
	"fmt"
	"strings"
	"testing"

	"otklik/query"
)

// review is a text of usual length: 150 words.
const review = `Оформил карту Ромашка Банка в ноябре, обещали доставить за два дня, а курьер приехал только
через неделю, без звонка и без документов. Звонил в поддержку четыре раза: сначала сказали, что заявка
потерялась, потом что адрес указан неверно, хотя в приложении всё правильно. В отделении на вокзале сотрудница
посоветовала подождать ещё и написать обращение через чат. В чате отвечает робот, живого человека не дождался.
Кэшбэк за прошлый месяц не начислили, комиссию за обслуживание списали дважды, вернуть отказались. Вклад тоже
закрыли с потерей процентов, потому что менеджер неправильно объяснил условия договора. До этого пользовался
другим банком пять лет и таких проблем не было никогда. Приложение вылетает после обновления, перевод между
своими счетами идёт сутки. Если до конца недели не решат вопрос, заберу деньги и напишу жалобу в Центральный банк.
Знакомым этот банк не советую, хотя ипотечный отдел работает прилично, спасибо Ольге за терпение и вежливость.`

// thousand returns queries as a busy agency has them: brands with common
// words, so that many wake and some match.
func thousand(b *testing.B) []*query.Query {
	subjects := []string{"карта", "вклад", "доставка", "приложение", "поддержка", "ипотека", "курьер", "комиссия"}
	queries := make([]*query.Query, 1000)
	for i := range queries {
		brand := fmt.Sprintf("бренд%d", i/2)
		if i%50 == 0 {
			brand = "ромашка"
		}
		queries[i] = parse(b, fmt.Sprintf(`("%s банк" OR %s /3 %s) (%s OR %s* OR "служба поддержки") NOT цветок%d`,
			brand, brand, subjects[i%8], subjects[(i+1)%8], strings.TrimSuffix(subjects[(i+2)%8], "а"), i))
	}
	return queries
}

func BenchmarkSet_Match(b *testing.B) {
	set := query.NewSet(thousand(b))
	matches := 0
	for b.Loop() {
		matches = len(set.Match(review))
	}
	if matches == 0 {
		b.Fatal("no query matches")
	}
	b.ReportMetric(float64(matches), "matches")
}

func BenchmarkQuery_Match(b *testing.B) {
	q := parse(b, `"ромашка банк" AND (карта OR вклад) NOT цветок`)
	for b.Loop() {
		if ok, _ := q.Match(review); !ok {
			b.Fatal("no match")
		}
	}
}
