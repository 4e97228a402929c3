namespace Lacquer.Stages.Workbench.Ranking;

/// <summary>What keys and records have while they are brought together.</summary>
/// <param name="Folder">A folder for files, which are gone when it is done.</param>
/// <param name="KeysInMemory">At most how many keys are in memory at once, at 25 bytes each; more are taken part by part.</param>
/// <param name="Progress">Is told how far it is.</param>
/// <param name="Stop">Gives up.</param>
internal sealed record RankingRoom(string Folder, long KeysInMemory, IProgress<StageProgress> Progress, CancellationToken Stop)
{
    /// <summary>Keys in memory where nothing else is said: some 350 MB.</summary>
    public const long UsualKeys = 14_000_000;

    private const int Page = 1 << 14;

    /// <summary>Now and then, says how far it is, or gives up.</summary>
    public void Tick(string what, long done, long total)
    {
        if (done % Page != 0)
            return;
        Stop.ThrowIfCancellationRequested();
        Progress.Report(new StageProgress(what, done, total));
    }
}
