/* The recursion of sim.solver as plain C loops, one state after another: the yardstick of the compiled kernels.
   Arrays as in sim.game, states first: values[s][i], next_state[s][c] (-1: not available), payoff[s or one][c][i]. */
#include <math.h>
#include <stdint.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#define PLAYERS 8
#define CHOICES 1024

typedef struct {
    int64_t kind, states, choices, rows, mover, parties; /* kind: 0 move, 1 offer, 2 chance */
    const int32_t *next_state, *stay;
    const double *payoff, *log_weights, *recognition, *probability;
    int64_t party[PLAYERS], recognition_rows;
} Turn;

static void move(const Turn *turn, int n, const double *lam, const double *after, double *out, int64_t s) {
    double q[CHOICES], value[PLAYERS][CHOICES];
    int count = 0, me = (int)turn->mover;
    const int32_t *next = turn->next_state + s * turn->choices;
    const double *paid = turn->payoff + (turn->rows > 1 ? s : 0) * turn->choices * n;
    for (int c = 0; c < turn->choices; c++) {
        if (next[c] < 0) continue;
        for (int i = 0; i < n; i++) value[i][count] = paid[c * n + i] + after[(int64_t)next[c] * n + i];
        q[count] = lam[me] * value[me][count] + turn->log_weights[c];
        count++;
    }
    double top = q[0], sum = 0.0;
    for (int c = 1; c < count; c++) top = q[c] > top ? q[c] : top;
    for (int c = 0; c < count; c++) { q[c] = exp(q[c] - top); sum += q[c]; }
    for (int i = 0; i < n; i++) {
        double total = 0.0;
        for (int c = 0; c < count; c++) total += q[c] * value[i][c];
        out[s * n + i] = total / sum;
    }
}

static void offer(const Turn *turn, int n, const double *lam, const double *after, double *out, int64_t s) {
    double q[CHOICES], pass[CHOICES], gain[PLAYERS][CHOICES], weight[CHOICES];
    int count = 0;
    const int32_t *next = turn->next_state + s * turn->choices;
    const double *paid = turn->payoff + (turn->rows > 1 ? s : 0) * turn->choices * n;
    const double *refused = after + (int64_t)turn->stay[s] * n;
    for (int c = 0; c < turn->choices; c++) {
        if (next[c] < 0) continue;
        for (int i = 0; i < n; i++)
            gain[i][count] = paid[c * n + i] + after[(int64_t)next[c] * n + i] - refused[i];
        weight[count++] = turn->log_weights[c];
    }
    double total[PLAYERS] = {0};
    for (int p = 0; p < turn->parties; p++) {
        int me = (int)turn->party[p];
        double chance = turn->recognition[(turn->recognition_rows > 1 ? s : 0) * turn->parties + p];
        for (int c = 0; c < count; c++) pass[c] = 1.0;
        for (int h = (int)turn->parties - 1; h >= 0; h--) {
            int other = (int)turn->party[h];
            if (h == p) continue;
            for (int c = 0; c < count; c++) pass[c] *= 1.0 / (1.0 + exp(-lam[other] * pass[c] * gain[other][c]));
        }
        pass[0] = 1.0; /* no offer: nothing to answer */
        for (int c = 0; c < count; c++) q[c] = lam[me] * pass[c] * gain[me][c] + weight[c];
        double top = q[0], sum = 0.0;
        for (int c = 1; c < count; c++) top = q[c] > top ? q[c] : top;
        for (int c = 0; c < count; c++) { q[c] = exp(q[c] - top); sum += q[c]; q[c] *= pass[c]; }
        for (int i = 0; i < n; i++) {
            double mean = 0.0;
            for (int c = 0; c < count; c++) mean += q[c] * gain[i][c];
            total[i] += chance * mean / sum;
        }
    }
    for (int i = 0; i < n; i++) out[s * n + i] = refused[i] + total[i];
}

static void nature(const Turn *turn, int n, const double *after, double *out, int64_t s) {
    double total[PLAYERS] = {0};
    for (int c = 0; c < turn->choices; c++) {
        double p = turn->probability[s * turn->choices + c];
        int32_t next = turn->next_state[s * turn->choices + c];
        if (next < 0 || p == 0.0) continue;
        for (int i = 0; i < n; i++) total[i] += p * after[(int64_t)next * n + i];
    }
    for (int i = 0; i < n; i++) out[s * n + i] = total[i];
}

/* boundary[t][s][i] for t = 0..rounds; room: two times the largest number of states times n. */
void backward(const Turn *turns, int64_t n_turns, int64_t n, int64_t rounds, int64_t states, const double *flow,
              const double *discount, const double *terminal, const double *lam, double *boundary, double *room,
              int64_t half, int threads) {
#ifdef _OPENMP
    omp_set_num_threads(threads);
#endif
    memcpy(boundary + rounds * states * n, terminal, sizeof(double) * states * n);
    for (int64_t t = rounds - 1; t >= 0; t--) {
        const double *later = boundary + (t + 1) * states * n;
        double *after = room, *out = room + half;
        for (int64_t s = 0; s < states; s++)
            for (int i = 0; i < n; i++) after[s * n + i] = flow[s * n + i] + discount[i] * later[s * n + i];
        for (int64_t k = n_turns - 1; k >= 0; k--) {
            const Turn *turn = turns + k;
            if (k == 0) out = boundary + t * states * n;
#pragma omp parallel for schedule(dynamic, 32)
            for (int64_t s = 0; s < turn->states; s++) {
                if (turn->kind == 0) move(turn, (int)n, lam, after, out, s);
                else if (turn->kind == 1) offer(turn, (int)n, lam, after, out, s);
                else nature(turn, (int)n, after, out, s);
            }
            double *swap = after;
            after = out;
            out = swap;
        }
    }
}

/* What the machine can do: multiply-adds on registers, and a stream through memory. The empty instruction keeps the
   compiler from working the sum out. */
#if defined(__AVX512F__)
#define VECTOR 8
#define KEEP "+v"
#elif defined(__AVX__)
#define VECTOR 4
#define KEEP "+x"
#elif defined(__x86_64__)
#define VECTOR 2
#define KEEP "+x"
#else
#define VECTOR 2
#define KEEP "+w"
#endif
#define CHAINS 12
#define EACH(what) \
    what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7) what(8) what(9) what(10) what(11)
#define BEGIN(j) vector x##j = a + j;
#define STEP(j) x##j = x##j * a + b; __asm__ volatile("" : KEEP(x##j));
#define ADD(j) all += x##j[0];
typedef double vector __attribute__((vector_size(8 * VECTOR)));

/* Returns how many flops each thread did. */
double multiply_add(int64_t steps, int threads) {
    double all = 0.0;
#ifdef _OPENMP
    omp_set_num_threads(threads);
#endif
#pragma omp parallel reduction(+ : all)
    {
        vector a = {0}, b = {0};
        a = a + 0.999;
        b = b + 0.001;
        EACH(BEGIN) /* variables of their own: an array would stay in memory */
        for (int64_t i = 0; i < steps; i++) {
            EACH(STEP)
        }
        EACH(ADD)
    }
    return all > 0.0 ? 2.0 * VECTOR * CHAINS * (double)steps : 0.0;
}

void triad(double *a, const double *b, const double *c, int64_t n, int threads) {
#ifdef _OPENMP
    omp_set_num_threads(threads);
#endif
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++) a[i] = b[i] + 3.0 * c[i];
}
