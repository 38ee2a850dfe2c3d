"""The integer program behind an assignment, solved by HiGHS on one thread and checked in whole numbers. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import highspy
import numpy as np

from referrals.matching.problem import Answer, Problem

_AT_THE_LIMIT = (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kSolutionLimit)


@dataclass(frozen=True, slots=True)
class Limit:
    """When the solver stops with what it has: after so long, or after so many branches of its search."""

    seconds: float | None = None
    branches: int | None = None


class NotSolved(Exception):
    """The solver ended without an answer, or without a proof where one was asked for."""


def solve(
    problem: Problem,
    *,
    start: Answer | None = None,
    keep: Collection[int] = (),
    bonus: Mapping[int, int] | None = None,
    limit: Limit | None = None,
) -> tuple[Answer, float]:
    """The best answer, and a total (in the problem's units) that none can exceed.

    `start`: a feasible answer to begin with. `keep`: jobs that must be placed. `bonus`: what placing a job is worth on
    top of its weight, which then counts a multiple of all bonuses together; the total returned is without it. Without
    a `limit` the answer is the best there is. Raises NotSolved.
    """
    model = _Model(problem, keep, bonus or {}, limit or Limit())
    while True:
        answer, most = model.run(start)
        if not (overloaded := problem.overloads(answer)):
            return answer, most
        # The doubles had it fit. In whole numbers these jobs can never be together there, whatever else is chosen.
        for jobs in overloaded:
            model.forbid_together(jobs, answer)
        start = None


class _Model:
    """The program in HiGHS: a column for each pair, a row for each job and each provider."""

    def __init__(self, problem: Problem, keep: Collection[int], bonus: Mapping[int, int], limit: Limit) -> None:
        self.problem = problem
        self.limit = limit
        # Below 1 together, so that they never outweigh one unit of weight.
        self.bonus_unit = 1 + sum(bonus.values())
        self.column = {(pair.job, pair.provider): number for number, pair in enumerate(problem.pairs)}
        self.highs = highspy.Highs()
        for option, value in {
            "output_flag": False,
            "threads": 1,
            "random_seed": 0,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 0.0,
            "mip_feasibility_tolerance": 1e-9,
            "time_limit": highspy.kHighsInf if limit.seconds is None else limit.seconds,
            "mip_max_nodes": highspy.kHighsIInf if limit.branches is None else limit.branches,
        }.items():
            self.highs.setOptionValue(option, value)
        self.highs.passModel(self._linear_program(set(keep), bonus))

    def _linear_program(self, keep: set[int], bonus: Mapping[int, int]) -> highspy.HighsLp:
        problem = self.problem
        weight_unit, size_units = problem.units
        columns, jobs, providers = len(problem.pairs), problem.jobs, len(problem.capacities)
        program = highspy.HighsLp()
        program.sense_ = highspy.ObjSense.kMaximize
        program.num_col_, program.num_row_ = columns, jobs + providers
        program.col_cost_ = np.array(
            [pair.weight / weight_unit * self.bonus_unit + bonus.get(pair.job, 0) for pair in problem.pairs]
        )
        program.col_lower_, program.col_upper_ = np.zeros(columns), np.ones(columns)
        program.integrality_ = [highspy.HighsVarType.kInteger] * columns
        program.row_lower_ = np.array([1.0 if job in keep else 0.0 for job in range(jobs)] + [0.0] * providers)
        room = [one / unit for one, unit in zip(problem.capacities, size_units, strict=True)]
        program.row_upper_ = np.array([1.0] * jobs + room)
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = np.arange(0, 2 * columns + 1, 2)
        program.a_matrix_.index_ = np.array([row for pair in problem.pairs for row in (pair.job, jobs + pair.provider)])
        program.a_matrix_.value_ = np.array(
            [value for pair in problem.pairs for value in (1.0, pair.size / size_units[pair.provider])]
        )
        return program

    def run(self, start: Answer | None) -> tuple[Answer, float]:
        if start is not None:
            chosen = [self.column[job, provider] for job, provider in enumerate(start) if provider is not None]
            values = np.zeros(len(self.column))
            values[chosen] = 1.0
            self.highs.setSolution(len(values), np.arange(len(values), dtype=np.int32), values)
        self.highs.run()
        status, found = self.highs.getModelStatus(), self.highs.getInfo()
        has_answer = found.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        is_done = status == highspy.HighsModelStatus.kOptimal or (self.limit != Limit() and status in _AT_THE_LIMIT)
        if not has_answer or not is_done:
            raise NotSolved(self.highs.modelStatusToString(status))
        values = np.array(self.highs.getSolution().col_value)
        answer: Answer = [None] * self.problem.jobs
        for number in np.flatnonzero(values > 0.5):
            pair = self.problem.pairs[number]
            answer[pair.job] = pair.provider
        return answer, found.mip_dual_bound * self.problem.units[0] / self.bonus_unit

    def forbid_together(self, jobs: list[int], answer: Answer) -> None:
        columns = [self.column[job, answer[job] or 0] for job in jobs]
        self.highs.addRow(
            -highspy.kHighsInf, len(columns) - 1.0, len(columns), np.array(columns), np.ones(len(columns))
        )
