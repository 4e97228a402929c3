using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Lacquer.Stages.Workbench;

/// <summary>Parallel work whose results come in the order of its items.</summary>
public static class Parallelism
{
    /// <summary>Applies <paramref name="work"/> to items, at most <paramref name="width"/> at once, and gives the results in the items' order. At most twice as many items are in memory. Items that break off with an exception have their results before it.</summary>
    public static async IAsyncEnumerable<TResult> InOrder<TItem, TResult>(
        this IEnumerable<TItem> items, int width, Func<TItem, CancellationToken, Task<TResult>> work, [EnumeratorCancellation] CancellationToken stop = default)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var slots = new SemaphoreSlim(width);
        var waiting = new Queue<Task<TResult>>();

        async Task<TResult> Run(TItem item)
        {
            await slots.WaitAsync(linked.Token).ConfigureAwait(false);
            try
            {
                return await Task.Run(() => work(item, linked.Token), linked.Token).ConfigureAwait(false);
            }
            finally
            {
                slots.Release();
            }
        }

        try
        {
            using var source = items.GetEnumerator();
            ExceptionDispatchInfo? broken = null;
            while (broken is null)
            {
                try
                {
                    if (!source.MoveNext())
                        break;
                    waiting.Enqueue(Run(source.Current));
                }
                catch (Exception e)
                {
                    broken = ExceptionDispatchInfo.Capture(e);
                }

                if (waiting.Count >= 2 * width)
                    yield return await waiting.Dequeue().ConfigureAwait(false);
            }

            while (waiting.Count > 0)
                yield return await waiting.Dequeue().ConfigureAwait(false);
            broken?.Throw();
        }
        finally
        {
            // One failed or the caller left: the others are stopped and waited for, so that none outlives this.
            if (waiting.Count > 0)
            {
                await linked.CancelAsync().ConfigureAwait(false);
                try { await Task.WhenAll(waiting).ConfigureAwait(false); } catch (Exception) { /* the first has been thrown */ }
            }
        }
    }
}
