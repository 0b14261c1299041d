package fit

// LearningRateScheduler sets the learning rate before every epoch.
//
//	kit.LearningRateScheduler(func(epoch int, rate float64) float64 { return rate * 0.9 })
//
// As in Keras the epoch counts from 0 and rate is that of the epoch before.
type LearningRateScheduler func(epoch int, rate float64) float64

// AfterEpoch does nothing: the rate is chosen before the epoch.
func (LearningRateScheduler) AfterEpoch(History) Action { return Action{} }

// RateBefore asks the function.
func (f LearningRateScheduler) RateBefore(h History, rate float64) float64 { return f(len(h), rate) }
