using System.Runtime.ExceptionServices;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Stages.Workbench.Ranking;

/// <summary>Work that is shared evenly among the machine's cores.</summary>
internal static class Cores
{
    /// <summary>Each core does a part of some pieces of work.</summary>
    /// <param name="pieces">How many there are.</param>
    /// <param name="work">Does those from the first number up to, and without, the second.</param>
    /// <param name="stop">Gives up between parts.</param>
    public static void Share(int pieces, Action<int, int> work, CancellationToken stop)
    {
        var sides = Math.Min(pieces, Environment.ProcessorCount);
        try
        {
            Parallel.For(0, sides, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, sides), CancellationToken = stop }, side => work((int)((long)pieces * side / sides), (int)((long)pieces * (side + 1) / sides)));
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }

    /// <summary>Each core does a part of some pieces of work, with a connection to the ledger of its own.</summary>
    public static void Share(OpenArchive archive, int pieces, Action<Ledger, int, int> work, CancellationToken stop) => Share(pieces, (from, until) =>
    {
        using var ledger = archive.ReadBeside();
        work(ledger, from, until);
    }, stop);
}
