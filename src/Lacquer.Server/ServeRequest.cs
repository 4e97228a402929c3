using Lacquer.Formats.Objects;

namespace Lacquer.Server;

/// <summary>What is to be served, and where.</summary>
/// <param name="Archive">The folder of an archive or a mirror.</param>
/// <param name="Objects">Where its audio lies; whoever opened it closes it, after the server.</param>
/// <param name="Host">An IP address, <c>localhost</c>, or <c>*</c> for all addresses of the machine.</param>
/// <param name="Port">From 0 to 65535; 0 takes any free one.</param>
public sealed record ServeRequest(string Archive, IObjectStore Objects, string Host = "127.0.0.1", int Port = 8080);
