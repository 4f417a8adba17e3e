package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// step is one thing that happens in the town.
type step func(*teller) error

// teller plays the town's story and remembers what it is about.
type teller struct {
	town  *Town
	lines []Review // written for the story, in order
	next  int
	first Review // the complaint that is copied
	dice  *rand.Rand
}

// Story lets something happen in the town once every pace until ctx ends:
// first the written story (a complaint, its copy at another site, praise, a
// question, an edit from four stars to one, a site behind a robot check), then
// invented reviews without end, the same ones every time. It returns nil when
// ctx ends.
func (t *Town) Story(ctx context.Context, pace time.Duration) error {
	told := &teller{town: t, lines: written("story"), dice: rand.New(rand.NewPCG(20261121, 1))}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	script := storySteps()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		happen := (*teller).invent
		if i < len(script) {
			happen = script[i]
		}
		if err := happen(told); err != nil {
			return fmt.Errorf("town story, step %d: %w", i+1, err)
		}
	}
}

func storySteps() []step {
	return []step{
		(*teller).complain, (*teller).tell, (*teller).copyFirst, (*teller).tell, (*teller).tell, (*teller).worsen,
		captchaStep(Otzovik, true), (*teller).tell, (*teller).invent, captchaStep(Otzovik, false), (*teller).tell,
		(*teller).tell, (*teller).answerUnclaimed, (*teller).tell,
	}
}

func (s *teller) complain() error {
	err := s.tell()
	s.first = s.town.Reviews(Otzovik)[0]
	return err
}

// tell publishes the next written review.
func (s *teller) tell() error {
	if s.next == len(s.lines) {
		return s.invent()
	}
	s.next++
	_, err := s.town.Publish(s.lines[s.next-1])
	return err
}

func (s *teller) copyFirst() error {
	_, err := s.town.CopyTo(Otzovik, s.first.ID, YandexMaps)
	return err
}

// worse is how the author of the four-star review changes it.
func worse() Review {
	return Review{Stars: 1, Title: "Беру свои слова назад",
		Text: "Дополняю отзыв. Льготный период посчитали неправильно, насчитали проценты, звонил пять раз: все врут и перекладывают друг на друга. Ужасный сервис, не связывайтесь.",
		Cons: "Обман с льготным периодом"}
}

func (s *teller) worsen() error {
	praised := written("edit")[0]
	for _, r := range s.town.Reviews(praised.Site) {
		if r.Author == praised.Author {
			_, err := s.town.Edit(r.Site, r.ID, worse())
			return err
		}
	}
	return nil // a town that began empty
}

func captchaStep(site Site, on bool) step {
	return func(s *teller) error {
		s.town.Captcha(site, on)
		return nil
	}
}

// answerUnclaimed has the company answer where nobody has yet, past Slack.
func (s *teller) answerUnclaimed() error {
	for _, r := range s.town.Reviews(YandexMaps) {
		if r.Stars > 0 && r.Stars < 3 && r.Answer == nil {
			return s.town.Answer(r.Site, r.ID, "Здравствуйте! Приносим извинения за ожидание, мы уже разбираемся и напишем вам до конца дня.")
		}
	}
	return nil
}

// The pieces of invented reviews. Each tone has openings, causes and endings.
var (
	inventors = []string{"Инна Ф.", "Глеб Родионов", "Марат", "Ксения Орлова", "Захар П.", "Людмила В.", "Тоня", "Юрий Стрельцов", "Вадим К.", "Элина"}
	angry     = [3][]string{
		{"Третий день не могу добиться ответа.", "Очень разочарован.", "Была клиентом пять лет, хватит.", "Такого хамства не ожидала."},
		{"Приложение вылетает при каждом платеже, поддержка шлёт отписки.", "Списали комиссию за закрытый счёт и отказались возвращать.", "В отделении на Полевой работало одно окно из пяти, просидела два часа.", "Банкомат съел карту, а на линии меня трижды отключили.", "Курьер потерял документы, и виноватых нет."},
		{"Ужасно, закрываю счёт.", "Никому не советую!", "Верните деньги.", "Буду писать регулятору."},
	}
	pleased = [3][]string{
		{"Приятно удивлена.", "Всё отлично.", "Рекомендую знакомым."},
		{"Вопрос с ипотекой решили за один звонок.", "Менеджер Дарья нашла ошибку в договоре и всё исправила.", "Новый вклад открыл за пять минут в приложении.", "Карту привезли в тот же вечер."},
		{"Спасибо!", "Так держать.", "Пять звёзд."},
	}
	plain = [3][]string{
		{"Пользуюсь полгода.", "Обычный банк.", "Пишу для тех, кто выбирает."},
		{"Есть отделение у дома и стандартные условия по карте.", "Кэшбэк приходит раз в месяц, лимиты указаны в приложении.", "Чат отвечает минут через десять."},
		{"Посмотрю, что будет дальше.", "Больше сказать нечего."},
	}
	complaints = []string{"Отвратительная поддержка", "Разочарование года", "Обманули с комиссией", "Два часа в очереди"}
)

// invent publishes a review made of pieces; half of them are complaints.
func (s *teller) invent() error {
	pieces, stars, title := angry, 1+s.dice.IntN(2), s.pick(complaints)
	switch s.dice.IntN(4) {
	case 0:
		pieces, stars, title = pleased, 5, "Спасибо банку"
	case 1:
		pieces, stars, title = plain, 3, "Впечатления"
	}
	site := []Site{Otzovik, YandexMaps, AppStore, Telegram}[s.dice.IntN(4)]
	parts := []string{s.pick(pieces[0]), s.pick(pieces[1]), s.pick(pieces[2])}
	r := Review{Site: site, Author: s.pick(inventors), Title: title, Stars: stars, Text: strings.Join(parts, " ")}
	switch site {
	case Telegram:
		r.Title, r.Stars, r.Text = "", 0, "Ромашка Банк. "+r.Text
	case YandexMaps:
		r.Title = ""
	}
	_, err := s.town.Publish(r)
	return err
}

func (s *teller) pick(from []string) string { return from[s.dice.IntN(len(from))] }
