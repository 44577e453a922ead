"""Can a classifier tell a system's tracks from engineers' tracks? 0.5: no; 1: always."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from torch import Tensor

_FOLDS = 4


@dataclass(frozen=True)
class TwoSample:
    """What a classifier achieved on sessions that it was not trained on.

    Attributes:
        accuracy: Share of tracks put on the right side, per session, in the order given.
        auc: Area under the curve over all sessions.
    """

    accuracy: tuple[float, ...]
    auc: float


def two_sample_test(
    system: Sequence[Tensor], engineers: Sequence[Tensor], labels: Sequence[Tensor], trees: int = 100
) -> TwoSample:
    """Return how well gradient-boosted trees tell a system from engineers, track by track.

    The classifier sees the features of one track and its true instrument, never its session; it is trained
    on some sessions and judged on the others (Lopez-Paz & Oquab 2017, https://arxiv.org/abs/1610.06545).

    Args:
        system: Per session, heard features (draws, tracks, features).
        engineers: Per session, the same shape.
        labels: Per session, the true instrument of each track (tracks,), int64.
        trees: Rounds of boosting.

    Raises:
        ValueError: There are fewer than two sessions.
    """
    if len(system) < 2:
        raise ValueError(f"expected at least two sessions to train on some and judge on others, got {len(system)}")
    rows = [_rows(one, label) for one, label in zip([*system, *engineers], [*labels, *labels], strict=True)]
    sizes = [len(one) for one in rows]
    session = np.repeat([*range(len(system)), *range(len(system))], sizes)
    is_system = np.repeat([1] * len(system) + [0] * len(engineers), sizes)
    score = _judge(np.concatenate(rows), is_system, session, trees)
    correct = (score > 0.5) == is_system
    accuracy = tuple(float(correct[session == place].mean()) for place in range(len(system)))
    return TwoSample(accuracy, float(roc_auc_score(is_system, score)))


def _rows(heard: Tensor, label: Tensor) -> np.ndarray:
    draws, tracks, _ = heard.shape
    labelled = [heard.numpy(), np.broadcast_to(label.numpy()[None, :, None], (draws, tracks, 1))]
    return np.concatenate(labelled, axis=-1).reshape(draws * tracks, -1)


def _judge(rows: np.ndarray, is_system: np.ndarray, session: np.ndarray, trees: int) -> np.ndarray:
    score = np.zeros(len(rows))
    is_categorical = [place == rows.shape[1] - 1 for place in range(rows.shape[1])]
    folds = min(_FOLDS, len(np.unique(session)))
    for train, test in GroupKFold(folds).split(rows, groups=session):
        forest = HistGradientBoostingClassifier(
            max_iter=trees, early_stopping=False, categorical_features=is_categorical, random_state=0
        )
        forest.fit(rows[train], is_system[train])
        score[test] = forest.predict_proba(rows[test])[:, 1]
    return score
