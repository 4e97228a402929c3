namespace Lacquer.Stages.Workbench;

/// <summary>A folder for what a command sets aside while it runs: empty at first, and gone when it is closed. What a killed run left in it goes at the next.</summary>
public sealed class AsideFolder : IDisposable
{
    /// <summary>Makes it.</summary>
    /// <param name="path">The folder, which nobody else uses.</param>
    public AsideFolder(string path)
    {
        Path = path;
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        Directory.CreateDirectory(path);
    }

    private AsideFolder(DirectoryInfo made) => Path = made.FullName;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Makes one where the system keeps what is temporary, for a command that may not write to the archive.</summary>
    /// <param name="prefix">How its name begins.</param>
    public static AsideFolder Temporary(string prefix) => new(Directory.CreateTempSubdirectory(prefix));

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
